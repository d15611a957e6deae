//! The graph of a workspace, through the real store.

use super::super::graph::{View, Wanted, hop, read};
use super::house::{House, access};
use super::*;
use crate::auth::policy::Access;
use crate::domain::graph::{EntityKey, EntityKind};
use crate::domain::id::DocumentId;

const PLANT: &str = "# Plant\n\nNora Brandt keeps the spare of pump Q-19 in Basel. Brandt calls \
                     Helvetia Analytics AG for parts.\n\n“Spare” means a part that is not in use.\n";
const TRIP: &str = "In March 2024 Helvetia Analytics AG moved to Lyon with Peter Lang.\n";

fn wanted(words: &str, kind: Option<EntityKind>) -> Wanted {
    let words = words.to_owned();
    Wanted { words, kind }
}

async fn keys(house: &House, access: &Access, words: &str) -> Vec<String> {
    let page = PageRequest::default();
    let found = house
        .rag
        .entities(access, wanted(words, None), &page)
        .await
        .unwrap();
    found
        .items
        .into_iter()
        .map(|one| one.key.to_string())
        .collect()
}

fn key(text: &str) -> EntityKey {
    text.parse().unwrap()
}

#[tokio::test]
async fn what_documents_name_is_found_by_its_words() {
    let house = House::open();
    let (ours, theirs) = (access(&house).await, access(&house).await);
    let worker = house.rag.start();
    house.indexed(&ours, "plant.md", PLANT).await;
    house.indexed(&ours, "trip.txt", TRIP).await;

    for (words, expected) in [
        ("brandt", vec!["person:nora brandt"]),
        ("NORA bra", vec!["person:nora brandt"]),
        ("helv", vec!["organisation:helvetia analytics"]),
        ("lang nora", vec![]),
        ("q-19", vec!["id:q-19"]),
        ("—", vec![]),
    ] {
        assert_eq!(keys(&house, &ours, words).await, expected, "{words}");
    }
    let all = keys(&house, &ours, "").await;
    let expected = [
        "date:2024-03",
        "id:q-19",
        "organisation:helvetia analytics",
        "person:nora brandt",
        "person:peter lang",
        "place:basel",
        "place:lyon",
        "term:spare",
    ];
    assert_eq!(all, expected);
    assert!(keys(&house, &theirs, "").await.is_empty());

    let mut page = PageRequest::new(None, Some(3));
    let mut read = Vec::new();
    loop {
        let part = house
            .rag
            .entities(&ours, Wanted::default(), &page)
            .await
            .unwrap();
        read.extend(part.items.into_iter().map(|one| one.key.to_string()));
        match part.next {
            Some(next) => page = PageRequest::new(Some(next), Some(3)),
            None => break,
        }
    }
    assert_eq!(read, expected, "page by page");
    let people = wanted("", Some(EntityKind::Person));
    let people = house
        .rag
        .entities(&ours, people, &PageRequest::default())
        .await
        .unwrap();
    assert_eq!(people.items.len(), 2);
    worker.stop().await;
}

#[tokio::test]
async fn an_entity_shows_where_it_is_named() {
    let house = House::open();
    let access = access(&house).await;
    let worker = house.rag.start();
    let plant = house.indexed(&access, "plant.md", PLANT).await;
    let trip = house.indexed(&access, "trip.txt", TRIP).await;

    let nora = house
        .rag
        .entity(&access, key("person:nora brandt"))
        .await
        .unwrap();
    assert_eq!((nora.summary.mentions, nora.summary.documents), (2, 1));
    let text = house.rag.text(&access, plant.id).await.unwrap();
    for told in &nora.mentions {
        let quote = &text[told.span.start as usize..told.span.end as usize];
        assert!(quote.ends_with("Brandt") && told.sentence.contains(quote));
        assert!(
            text[told.start as usize..].starts_with(&told.sentence),
            "{told:?}"
        );
    }
    assert_eq!(
        nora.mentions[0].sentence,
        "Nora Brandt keeps the spare of pump Q-19 in Basel."
    );
    let near: Vec<&str> = nora
        .neighbours
        .iter()
        .map(|one| one.entity.key.as_str())
        .collect();
    assert!(near.contains(&"place:basel") && near.contains(&"organisation:helvetia analytics"));

    let spare = house.rag.entity(&access, key("term:spare")).await.unwrap();
    assert_eq!(
        spare.definitions[0].sentence,
        "“Spare” means a part that is not in use."
    );

    let view = house
        .rag
        .graph(&access, Some(key("organisation:helvetia analytics")), 5)
        .await
        .unwrap();
    assert_eq!((view.nodes.len(), view.nodes[0].documents), (5, 2));
    assert!(view.edges.iter().any(|edge| edge.from == 0));

    house.rag.remove(&access, trip.id).await.unwrap();
    let gone = house.rag.entity(&access, key("person:peter lang")).await;
    assert!(matches!(gone, Err(RagError::NoEntity)));
    let left = house.rag.graph(&access, None, 50).await.unwrap();
    assert!(
        left.nodes
            .iter()
            .all(|node| node.documents == 1 && node.key.as_str() != "place:lyon")
    );
    house.rag.remove(&access, plant.id).await.unwrap();
    assert_eq!(
        house.rag.graph(&access, None, 50).await.unwrap(),
        View::default()
    );
    assert!(keys(&house, &access, "brandt").await.is_empty());
    worker.stop().await;
}

#[tokio::test]
async fn a_document_that_is_not_seen_is_not_counted() {
    let house = House::open();
    let access = access(&house).await;
    let worker = house.rag.start();
    let plant = house.indexed(&access, "plant.md", PLANT).await;
    let trip = house.indexed(&access, "trip.txt", TRIP).await;
    let (workspace, hidden) = (access.workspace(), trip.id);

    let read = house.store.read(move |tx| {
        let sees = move |document: DocumentId| document != hidden;
        let all = read::list(tx, workspace, &Wanted::default(), None, 100, sees)?;
        let helvetia = key("organisation:helvetia analytics");
        let profile = read::profile(tx, workspace, &helvetia, sees)?.expect("it is in both");
        let lang = read::profile(tx, workspace, &key("person:peter lang"), sees)?;
        let near = read::around(tx, workspace, &helvetia, 50, sees)?.expect("it is in both");
        let top = read::strongest(tx, workspace, 50, sees)?;
        let far = hop(
            tx,
            workspace,
            "Who is at Helvetia Analytics?",
            &[],
            10,
            sees,
        )?;
        let searched = read::list(tx, workspace, &wanted("lang", None), None, 9, sees)?;
        Ok::<_, StoreError>((all, profile, lang, near, top, far, searched))
    });
    let (all, profile, lang, near, top, far, searched) = read.await.unwrap();
    assert!(lang.is_none() && searched.is_empty());
    assert_eq!(profile.summary.documents, 1);
    assert!(
        profile
            .mentions
            .iter()
            .all(|told| told.document == plant.id)
    );
    assert!(far.iter().all(|((document, _), _)| *document == plant.id));
    for node in all.iter().chain(&near.nodes).chain(&top.nodes) {
        assert!(
            node.documents == 1 && !["place:lyon", "date:2024-03"].contains(&node.key.as_str())
        );
    }
    worker.stop().await;
}

#[tokio::test]
async fn a_hop_leads_from_a_question_to_other_documents() {
    let house = House::open();
    let access = access(&house).await;
    let worker = house.rag.start();
    let plant = house.indexed(&access, "plant.md", PLANT).await;
    let trip = house.indexed(&access, "trip.txt", TRIP).await;
    let workspace = access.workspace();
    let first = [(plant.id, 0)];
    let read = house.store.read(move |tx| {
        hop(
            tx,
            workspace,
            "Where did the firm of Nora Brandt's parts go?",
            &first,
            10,
            |_| true,
        )
    });
    let found = read.await.unwrap();
    assert_eq!(found[0].0, (trip.id, 0));
    assert!(
        found.iter().all(|(place, _)| *place != (plant.id, 0)),
        "what is found already is not found again"
    );
    worker.stop().await;
}
