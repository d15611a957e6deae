//! Files of the kinds that offices have, from the upload to the passage that is cited.

use std::io::Write;
use std::path::Path;

use serde_json::Value;

use crate::harness::{Appliance, Person};

/// A Word file with one heading and one sentence.
fn letter(heading: &str, sentence: &str) -> Vec<u8> {
    let mut package = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut part = |name: &str, xml: &str| {
        let options = zip::write::SimpleFileOptions::default();
        package.start_file(name, options).expect("a part");
        package.write_all(xml.as_bytes()).expect("a part");
    };
    part(
        "[Content_Types].xml",
        r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#,
    );
    part(
        "_rels/.rels",
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#,
    );
    part(
        "word/document.xml",
        &format!(
            r#"<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>{heading}</w:t></w:r></w:p><w:p><w:r><w:t>{sentence}</w:t></w:r></w:p></w:body></w:document>"#
        ),
    );
    package.finish().expect("a package").into_inner()
}

/// A PDF file with a sentence on each page.
fn pages(sentences: &[&str]) -> Vec<u8> {
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        String::new(),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_owned(),
    ];
    let mut kids = String::new();
    for sentence in sentences {
        let content = format!("BT /F1 12 Tf 72 720 Td ({sentence}) Tj ET");
        let number = objects.len() + 1;
        kids += &format!("{number} 0 R ");
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {} 0 R /Resources << \
             /Font << /F1 3 0 R >> >> >>",
            number + 1
        ));
        objects.push(format!(
            "<< /Length {} >>\nstream\n{content}\nendstream",
            content.len()
        ));
    }
    objects[1] = format!(
        "<< /Type /Pages /Kids [{kids}] /Count {} >>",
        sentences.len()
    );
    let mut file = String::from("%PDF-1.4\n");
    let mut places = Vec::new();
    for (nth, object) in objects.iter().enumerate() {
        places.push(file.len());
        file += &format!("{} 0 obj\n{object}\nendobj\n", nth + 1);
    }
    let table = file.len();
    file += &format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for place in places {
        file += &format!("{place:010} 00000 n \n");
    }
    file += &format!(
        "trailer << /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    );
    file.into_bytes()
}

async fn settles(ada: &Person<'_>, workspace: &str, name: &str, bytes: &[u8]) -> Value {
    let reply = ada.sends_file(workspace, name, bytes).await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    let id = reply.json()["id"].as_str().expect("an id").to_owned();
    ada.until_settled(workspace, &id).await
}

async fn text_of(ada: &Person<'_>, workspace: &str, document: &Value) -> String {
    let id = document["id"].as_str().expect("an id");
    let path = format!("/api/v1/workspaces/{workspace}/documents/{id}/text");
    ada.get(&path).await.text
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_an_office_are_read_where_they_are_and_cited_by_page() {
    let appliance = Appliance::saying("The valve opens at nine bar [1].").await;
    let ada = appliance.admin("ada").await;
    let workspace = ada.opens_workspace("Plant").await;
    let mail = "From: Tom <tom@example.org>\r\nSubject: Spare parts\r\nContent-Type: text/plain\r\n\r\n\
        The gasket is kept in drawer nine.\r\n";
    let page = "<html><head><title>Rules</title><style>p{}</style></head><body><h1>Rules</h1>\
        <p>Helmets are worn in hall two.</p><script>alert(1)</script></body></html>";
    let pump = letter("Pumps", "The impeller is changed every May.");
    let manual = pages(&["Nothing of note here.", "The valve opens at nine bar."]);
    for (name, bytes, holds, lacks) in [
        ("pumps.docx", &pump[..], "# Pumps", "w:p"),
        (
            "manual.pdf",
            &manual,
            "The valve opens at nine bar.",
            "endstream",
        ),
        ("parts.eml", mail.as_bytes(), "drawer nine", "Content-Type"),
        ("rules.html", page.as_bytes(), "# Rules", "alert"),
        (
            "list.csv",
            b"part,place\ngasket,drawer nine\n",
            "| part | place |",
            ";",
        ),
    ] {
        let document = settles(&ada, &workspace, name, bytes).await;
        assert_eq!(document["state"], "indexed", "{name}: {document}");
        let text = text_of(&ada, &workspace, &document).await;
        assert!(text.contains(holds), "{name}: {text}");
        assert!(!text.contains(lacks), "{name}: {text}");
    }
    let conversation = ada.opens_conversation(&workspace).await;
    let turn = ada
        .asks(&conversation, "At how many bar does the valve open?")
        .await
        .ok();
    let cited = turn["citations"].as_array().expect("citations");
    let page = cited.iter().find(|one| {
        one["quote"]
            .as_str()
            .is_some_and(|it| it.contains("nine bar"))
    });
    assert_eq!(
        page.map(|one| &one["page"]),
        Some(&Value::from(2)),
        "{turn}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_what_it_says_is_explained_and_the_next_one_is_read() {
    let appliance = Appliance::saying("The valve opens at nine bar [1].").await;
    let ada = appliance.admin("ada").await;
    let workspace = ada.opens_workspace("Plant").await;
    for (name, bytes) in [
        ("picture.docx", &b"\x89PNG\r\n\x1a\n and so on"[..]),
        ("torn.docx", &letter("a", "b")[..200]),
        ("torn.pdf", b"%PDF-1.4\n1 0 obj\n<< /Type /Cat"),
        (
            "empty.html",
            b"<html><body><script>1</script></body></html>",
        ),
    ] {
        let document = settles(&ada, &workspace, name, bytes).await;
        assert_eq!(document["state"], "failed", "{name}: {document}");
        let hint = document["hint"].as_str().expect("a hint");
        assert!(hint.len() > 20, "{name}: {hint}");
    }
    // However many failed: what they fail on says nothing of the reader.
    let document = settles(
        &ada,
        &workspace,
        "fine.docx",
        &letter("Fine", "It is read."),
    )
    .await;
    assert_eq!(document["state"], "indexed", "{document}");
}

/// Every hostile file ends, explained or read, and the box is alive.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_files_end_indexed_or_explained() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/docs/hostile");
    let Ok(kinds) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: no hostile files at {}", folder.display());
        return;
    };
    let appliance = Appliance::saying("The valve opens at nine bar [1].").await;
    let ada = appliance.admin("ada").await;
    let workspace = ada.opens_workspace("Plant").await;
    for kind in kinds.flatten() {
        for file in std::fs::read_dir(kind.path())
            .into_iter()
            .flatten()
            .flatten()
        {
            let name = file.file_name().to_string_lossy().into_owned();
            let bytes = std::fs::read(file.path()).expect("a file");
            let reply = ada.sends_file(&workspace, &name, &bytes).await;
            if reply.status != 202 {
                // The same bytes under another name, nothing, or too much of it.
                assert!(reply.status.is_client_error(), "{name}: {}", reply.text);
                continue;
            }
            let id = reply.json()["id"].as_str().expect("an id").to_owned();
            let document = ada.until_settled(&workspace, &id).await;
            if document["state"] == "failed" {
                let hint = document["hint"].as_str().unwrap_or_default();
                assert!(!hint.is_empty(), "{name}: {document}");
                assert_ne!(document["code"], "internal", "{name}: {document}");
            }
        }
    }
}

/// One command measures the readers: the words of a mail that is known, and a file that is refused.
#[test]
fn readers_are_measured_by_a_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join("files").join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    };
    let mail = "From: Tom <tom@example.org>\r\nSubject: Spare parts\r\n\r\nDrawer nine.\r\n";
    let known = serde_json::json!({
        "parts": [{
            "headers": [
                { "name": "from", "value": { "List": [{ "name": "Tom", "address": "tom@example.org" }] } },
                { "name": "subject", "value": { "Text": "Spare parts" } },
            ],
            "body": { "Text": "Drawer nine and ten." },
        }],
        "text_body": [0],
    });
    put("mail/a.eml", mail.as_bytes());
    put("mail/a.json", known.to_string().as_bytes());
    put("hostile/not.docx", b"\x89PNG\r\n\x1a\n");
    let note = "{\"file\": \"not.docx\", \"expect\": \"a clean error\"}\n";
    put("hostile/EXPECT.jsonl", note.as_bytes());
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_privatestack"))
        .arg("--data")
        .arg(folder.path().join("data"))
        .args(["--json", "eval", "extract"])
        .arg(folder.path().join("files"))
        .output()
        .expect("the command runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let files = said["files"].as_array().expect("a list");
    assert_eq!(
        files.len(),
        2,
        "what is known is no file of its own: {said}"
    );
    let (refused, read) = (&files[0], &files[1]);
    assert_eq!(refused["outcome"], "unreadable", "{refused}");
    assert_eq!(refused["expect"], "a clean error", "{refused}");
    assert_eq!(
        (&read["reader"], &read["outcome"]),
        (&"mail".into(), &"read".into())
    );
    assert_eq!(read["precision"], 1.0, "{read}");
    // Of eleven known words two are not there.
    let recall = read["recall"].as_f64().expect("a share");
    assert!((recall - 9.0 / 11.0).abs() < 1e-9, "{read}");
}
