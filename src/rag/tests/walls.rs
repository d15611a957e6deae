//! Ten thousand questions at random: whoever asks, and however, nothing comes from where they may
//! not look.

use std::collections::HashSet;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::house::{House, joined, opened};
use crate::auth::policy::Access;
use crate::domain::document::Document;
use crate::domain::id::{DocumentId, UserId};
use crate::domain::page::PageRequest;
use crate::domain::workspace::MemberRole;
use crate::rag::{Changes, Filter, Method, RagError, Search};

const WORKSPACES: usize = 20;
const PEOPLE: usize = 30;
const DOCUMENTS: usize = 8;
const QUESTIONS: usize = 10_000;
/// Questions between changes of who may see what.
const CALM: usize = 500;

/// Words that documents everywhere have in common, so that each question fits many.
const WORDS: &[&str] = &[
    "pump", "valve", "key", "cabinet", "pay", "crown", "turner", "shift", "oil", "winter", "hall",
    "boiler", "soup", "wheel", "plan", "order",
];

struct World {
    rng: StdRng,
    /// Of each workspace: who is in it, the first as its owner.
    teams: Vec<Vec<Access>>,
    documents: Vec<Vec<Document>>,
    /// Of all of them.
    ids: Vec<DocumentId>,
}

impl World {
    async fn made(house: &House) -> Self {
        let mut rng = StdRng::seed_from_u64(20);
        let people: Vec<UserId> = (0..PEOPLE).map(|_| UserId::new()).collect();
        let (mut teams, mut documents) = (Vec::new(), Vec::new());
        for _ in 0..WORKSPACES {
            let count = rng.random_range(2..8);
            let members: Vec<UserId> = people.sample(&mut rng, count).copied().collect();
            let workspace = opened(house, members[0]).await;
            let mut team = Vec::new();
            for (index, user) in members.into_iter().enumerate() {
                let role = match index {
                    0 => MemberRole::Owner,
                    _ => MemberRole::Member,
                };
                team.push(joined(house, workspace, user, role).await);
            }
            let mut made = Vec::new();
            for number in 0..DOCUMENTS {
                let author = team.choose(&mut rng).unwrap().clone();
                let text = text(&mut rng);
                let title = format!("{number}.md");
                let upload = house.upload(&author, &title, "", text.into());
                made.push(upload.await.unwrap());
            }
            teams.push(team);
            documents.push(made);
        }
        for (team, made) in teams.iter().zip(&documents) {
            for document in made {
                house.settled(&team[0], document.id).await;
            }
        }
        let ids = documents.iter().flatten().map(|one| one.id).collect();
        Self {
            rng,
            teams,
            documents,
            ids,
        }
    }

    /// Some documents are for other people from now on.
    async fn change(&mut self, house: &House) {
        for (team, documents) in self.teams.iter().zip(&mut self.documents) {
            for document in documents {
                let users: Vec<UserId> = team.iter().map(Access::user).collect();
                let count = self.rng.random_range(0..=users.len());
                let members = match self.rng.random_bool(0.5) {
                    true => None,
                    false => Some(users.sample(&mut self.rng, count).copied().collect()),
                };
                let changes = Changes {
                    members: Some(members),
                    ..Changes::default()
                };
                *document = house
                    .rag
                    .change(&team[0], document.id, changes)
                    .await
                    .unwrap();
            }
        }
    }

    /// The documents that `access` may see, by the letter of the rule.
    fn allowed(&self, place: usize, access: &Access) -> HashSet<DocumentId> {
        let may = |document: &&Document| {
            let user = access.user();
            let named = |members: &Vec<UserId>| members.contains(&user);
            access.role() == MemberRole::Owner
                || document.uploaded_by == user
                || document.members.as_ref().is_none_or(named)
        };
        let documents = self.documents[place].iter();
        documents.filter(may).map(|document| document.id).collect()
    }

    fn search(&mut self) -> Search {
        let rng = &mut self.rng;
        let words: Vec<&str> = WORDS.sample(rng, 3).copied().collect();
        let documents = match rng.random_bool(0.2) {
            true => self.ids.sample(rng, 5).copied().collect(),
            false => Vec::new(),
        };
        Search {
            question: words.join(" "),
            limit: rng.random_range(1..60),
            method: *[Method::Lexical, Method::Semantic, Method::Hybrid]
                .choose(rng)
                .unwrap(),
            filter: Filter {
                documents,
                ..Filter::default()
            },
            diverse: rng.random_bool(0.3),
            ..Search::default()
        }
    }
}

fn text(rng: &mut StdRng) -> String {
    let mut text = String::from("# Notes\n\n");
    for _ in 0..rng.random_range(2..5) {
        let words: Vec<&str> = WORDS.sample(rng, 8).copied().collect();
        text.push_str(&format!(
            "The {}. Mark {}.\n\n",
            words.join(" "),
            rng.random::<u32>()
        ));
    }
    text
}

#[tokio::test]
async fn nothing_comes_from_where_the_asker_may_not_look() {
    let house = House::open();
    house.import_encoder();
    let worker = house.rag.start();
    let mut world = World::made(&house).await;
    let (mut found, mut refused) = (0usize, 0usize);
    for number in 0..QUESTIONS {
        if number % CALM == 0 {
            world.change(&house).await;
        }
        let place = world.rng.random_range(0..WORKSPACES);
        let access = world.teams[place].choose(&mut world.rng).unwrap().clone();
        let allowed = world.allowed(place, &access);
        let search = world.search();
        for one in house.rag.search(&access, search).await.unwrap() {
            assert!(allowed.contains(&one.passage.document), "question {number}");
            found += 1;
        }
        let page = PageRequest::default();
        let listed = house.rag.list(&access, &Filter::default(), &page).await;
        let listed = listed
            .unwrap()
            .items
            .into_iter()
            .map(|document| document.id);
        assert_eq!(listed.collect::<HashSet<_>>(), allowed, "question {number}");

        // Any document of the box, by its id.
        let other = *world.ids.choose(&mut world.rng).unwrap();
        let text = house.rag.text(&access, other).await;
        match allowed.contains(&other) {
            true => assert!(text.is_ok(), "question {number}"),
            false => {
                assert!(matches!(text, Err(RagError::NotFound)), "question {number}");
                refused += 1;
            }
        }
    }
    assert!(
        found > QUESTIONS && refused > QUESTIONS / 2,
        "{found} {refused}"
    );
    worker.stop().await;
}
