//! Prints the text of files: `cargo run --release -p reader-office --example show -- FILE…`

fn main() {
    for path in std::env::args().skip(1) {
        let Ok(bytes) = std::fs::read(&path) else {
            eprintln!("{path}: cannot be read");
            continue;
        };
        println!("===== {path}");
        match reader_office::read(&path, &bytes, reader_office::Budget::default()) {
            Ok(document) => println!("{}pages: {:?}", document.text, document.pages),
            Err(problem) => println!("{problem:?}"),
        }
    }
}
