//! How near texts are to each other, and what was found to what was asked.

use super::house::{House, access};

const TEXTS: [&str; 3] = [
    "The spare impeller is kept in cabinet seven behind the boiler.",
    "Invoices above five thousand need two signatures.",
    "Visitors sign the book at the gate and wear a badge.",
];

#[tokio::test]
async fn what_the_documents_hold_fits_better_than_what_they_do_not() {
    for encoder in [false, true] {
        let house = House::open();
        if encoder {
            house.import_encoder();
        }
        let access = access(&house).await;
        let worker = house.rag.start();
        let fit = async |question: &str| {
            let found = house.rag.retrieve(&access, question, &[], 5).await.unwrap();
            let fit = house.rag.relevance(&access, question, question, &found);
            fit.await.unwrap()
        };
        assert_eq!(fit("spare impeller").await, None, "nothing to look in");
        for (number, text) in TEXTS.iter().enumerate() {
            house.indexed(&access, &format!("{number}.txt"), text).await;
        }
        let said = fit("spare impeller cabinet").await.unwrap();
        let unsaid = fit("parental leave in Portugal").await.unwrap();
        assert!(said > 0.5 && unsaid < 0.3, "{encoder}: {said} {unsaid}");
        worker.stop().await;
    }
}

#[tokio::test]
async fn texts_are_alike_as_far_as_a_model_tells() {
    let house = House::open();
    let texts: Vec<String> = TEXTS.iter().map(|&text| text.to_owned()).collect();
    let pairs = [(0, 0), (0, 1)];
    assert_eq!(house.rag.likeness(texts.clone(), &pairs).await, None);
    house.import_encoder();
    let alike = house.rag.likeness(texts.clone(), &pairs).await.unwrap();
    assert!(alike[0] > 0.999 && alike[1] < alike[0], "{alike:?}");
    let long = vec![TEXTS[0].repeat(500), TEXTS[0].to_owned()];
    assert!(house.rag.likeness(long, &[(0, 1)]).await.is_some());
    assert_eq!(house.rag.likeness(texts, &[(0, 3)]).await, None);
    let many = vec!["x".to_owned(); 257];
    assert_eq!(house.rag.likeness(many, &[]).await, None);
}
