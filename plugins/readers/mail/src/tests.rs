use super::read;
use reader_web::{Budget, Refusal};

fn text(mail: &str) -> String {
    read(
        "a.eml",
        mail.replace('\n', "\r\n").as_bytes(),
        &Budget::default(),
    )
    .expect(mail)
    .text
}

#[test]
fn a_mail_is_its_head_and_its_text() {
    let mail = "From: =?utf-8?q?Ina_M=C3=BCller?= <ina@example.org>\nTo: bo@example.org, \"Cy D\" <cy@example.org>\n\
        Subject: Pump\n 7\nDate: Tue, 5 Mar 2024 10:00:00 +0100\nContent-Type: text/plain; charset=iso-8859-1\n\
        Content-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe\n# one\n";
    assert_eq!(
        text(mail),
        "# Pump 7\n\nFrom: Ina Müller <ina@example.org>\nTo: bo@example.org, Cy D <cy@example.org>\n\
        Date: 2024-03-05 10:00:00 +01:00\n\nGrüße\n\\# one"
    );
}

#[test]
fn attachments_are_named_and_read() {
    let mail = "Subject: All\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\
        Content-Type: multipart/alternative; boundary=c\n\n--c\nContent-Type: text/plain\n\nPlain.\n--c\n\
        Content-Type: text/html\n\n<p>Rich.\n--c--\n--b\n\
        Content-Type: text/csv; name=stock.csv\nContent-Disposition: attachment\n\na,b\n1,2\n--b\n\
        Content-Type: application/pdf; name=\"plan.pdf\"\nContent-Transfer-Encoding: base64\n\nJVBERg==\n--b\n\
        Content-Type: message/rfc822\n\nSubject: Inner\nContent-Type: text/html\n\n<h1>H</h1><p>Deep.\n--b--\n";
    assert_eq!(
        text(mail),
        "# All\n\nPlain.\n\n## Attachments\n\n- stock.csv\n- plan.pdf\n- Inner\n\n### stock.csv\n\n\
        | a | b |\n| --- | --- |\n| 1 | 2 |\n\n### Inner\n\n### H\n\nDeep."
    );
}

#[test]
fn a_page_is_read_where_there_is_no_plain_text() {
    let mail = "Subject: Page\nContent-Type: multipart/alternative; boundary=c\n\n--c\nContent-Type: text/plain\n\n \n\
        --c\nContent-Type: text/html\n\n<table><tr><td><p>Hello <b>you</b></td></tr></table>\n--c--\n";
    assert_eq!(text(mail), "# Page\n\nHello you");
}

#[test]
fn what_is_only_called_a_mail_is_a_text() {
    let mail = "Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\n\
        Content-Type: message/rfc822; name=\"torn.eml\"\n\nno mail at all\n--b--\n";
    let expected = "# s\n\nhello\n\n## Attachments\n\n- torn.eml\n\n### torn.eml\n\nno mail at all";
    assert_eq!(text(mail), expected);
}

#[test]
fn mails_in_mails_end() {
    let nested = |count: usize| {
        let inner = "Subject: n\nContent-Type: message/rfc822\n\n".repeat(count);
        read(
            "a.eml",
            format!("{inner}Subject: last\n\ntext").as_bytes(),
            &Budget::default(),
        )
    };
    let few = nested(60).expect("a mail").text;
    assert_eq!(few.matches("Attachments").count(), 4);
    assert!(matches!(nested(100_000), Err(Refusal::Unreadable(_))));
}

#[test]
fn what_is_no_mail_is_refused() {
    for bytes in [&b""[..], b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and no more"] {
        assert!(matches!(
            read("a.msg", bytes, &Budget::default()),
            Err(Refusal::Unreadable(_))
        ));
    }
    let sealed = b"Subject: s\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nAAAA";
    assert_eq!(
        read("a.eml", sealed, &Budget::default()),
        Err(Refusal::Encrypted)
    );
}
