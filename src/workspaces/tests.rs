//! Workspaces as people use them: stories with the real store and a clock that is held.

mod conversations;
mod members;

use std::time::Duration;

use super::*;
use crate::config::StoreConfig;
use crate::domain::fault::Fault;
use crate::domain::id::{ApiKeyId, SessionId};
use crate::domain::principal::{Credential, Person, Role, Scopes};
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::store::StoreError;
use crate::store::users::{self, Account};

struct Bench {
    rooms: Workspaces,
    store: Store,
    clock: Clock,
    _data: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let store = Store::open(data.path(), &StoreConfig::default()).expect("a store");
        let clock = Clock::held(Timestamp::from_millis(1_800_000_000_000));
        let rooms = Workspaces::new(store.clone(), clock.clone());
        Self {
            rooms,
            store,
            clock,
            _data: data,
        }
    }

    /// Somebody with an account, signed in.
    fn person(&self, name: &str, role: Role) -> Principal {
        let id = UserId::new();
        let created_at = self.clock.now();
        let email = format!("{name}@example.org");
        let user = User {
            id,
            email,
            name: name.to_owned(),
            role,
            disabled: false,
            created_at,
        };
        let account = Account {
            user,
            password: String::new(),
            epoch: 0,
        };
        let added = self
            .store
            .write_blocking(move |tx| users::insert(tx, &account));
        assert!(added.expect("written"), "{name} is new");
        signed_in(id, role, Credential::Session(SessionId::new()))
    }

    async fn opens(&self, who: &Principal, name: &str) -> WorkspaceId {
        self.rooms
            .create(who, name)
            .await
            .expect("a workspace")
            .workspace
            .id
    }

    async fn adds(&self, owner: &Principal, id: WorkspaceId, who: &Principal, role: MemberRole) {
        let invitee = Invitee::User(user(who));
        self.rooms
            .add_member(owner, id, invitee, role)
            .await
            .expect("added");
    }
}

fn signed_in(user: UserId, role: Role, credential: Credential) -> Principal {
    Principal::Person(Person {
        user,
        role,
        credential,
    })
}

/// The same person, with an API key.
fn with_key(who: &Principal, workspace: Option<WorkspaceId>, scopes: Scopes) -> Principal {
    let person = who.person().expect("a person");
    let credential = Credential::ApiKey {
        id: ApiKeyId::new(),
        workspace,
        scopes,
    };
    signed_in(person.user, person.role, credential)
}

fn user(who: &Principal) -> UserId {
    who.user().expect("a person")
}

fn code<T>(result: Result<T, WorkspaceError>) -> &'static str {
    result.err().map_or("no error at all", |error| error.code())
}

#[tokio::test]
async fn whoever_makes_a_workspace_owns_it_and_sees_only_that() {
    let bench = Bench::new();
    let (ada, bob) = (
        bench.person("ada", Role::Member),
        bench.person("bob", Role::Member),
    );
    let legal = bench.opens(&ada, "  Legal ").await;
    bench.opens(&bob, "Research").await;
    let listed = bench.rooms.list(&ada).await.expect("listed");
    let named = |own: &OwnWorkspace| (own.workspace.id, own.workspace.name.clone(), own.role);
    let expected = (legal, "Legal".to_owned(), MemberRole::Owner);
    assert_eq!(listed.len(), 1);
    assert_eq!(named(&listed[0]), expected);
    assert_eq!(
        named(&bench.rooms.get(&ada, legal).await.expect("got")),
        expected
    );
}

#[tokio::test]
async fn a_stranger_an_admin_and_the_operator_learn_nothing_of_a_workspace() {
    let bench = Bench::new();
    let ada = bench.person("ada", Role::Member);
    let legal = bench.opens(&ada, "Legal").await;
    let strangers = [
        bench.person("bob", Role::Member),
        bench.person("root", Role::Admin),
        Principal::Operator,
        with_key(&ada, Some(WorkspaceId::new()), Scopes::ALL),
    ];
    for who in &strangers {
        assert_eq!(bench.rooms.list(who).await.expect("listed"), [], "{who:?}");
        for id in [legal, WorkspaceId::new()] {
            let gone = "workspace_not_found";
            assert_eq!(code(bench.rooms.get(who, id).await), gone);
            assert_eq!(code(bench.rooms.rename(who, id, "Mine").await), gone);
            assert_eq!(code(bench.rooms.remove(who, id).await), gone);
            assert_eq!(code(bench.rooms.members(who, id).await), gone);
            for action in [Action::ReadWorkspace, Action::Chat, Action::WriteDocuments] {
                assert_eq!(code(bench.rooms.open(who, id, action).await), gone);
            }
        }
    }
    assert_eq!(
        code(bench.rooms.create(&Principal::Operator, "Mine").await),
        "forbidden"
    );
}

#[tokio::test]
async fn a_key_opens_what_it_was_made_for() {
    let bench = Bench::new();
    let ada = bench.person("ada", Role::Member);
    let (legal, other) = (
        bench.opens(&ada, "Legal").await,
        bench.opens(&ada, "Other").await,
    );
    let chat = Scopes {
        chat: true,
        manage: false,
        admin: false,
    };
    let bound = with_key(&ada, Some(legal), chat);
    let listed = bench.rooms.list(&bound).await.expect("listed");
    assert_eq!(
        listed
            .iter()
            .map(|own| own.workspace.id)
            .collect::<Vec<_>>(),
        [legal]
    );
    assert!(bench.rooms.open(&bound, legal, Action::Chat).await.is_ok());
    let documents = Action::WriteDocuments;
    assert_eq!(
        code(bench.rooms.open(&bound, legal, documents).await),
        "insufficient_scope"
    );
    assert_eq!(
        code(bench.rooms.open(&bound, other, Action::Chat).await),
        "workspace_not_found"
    );
    assert_eq!(
        code(bench.rooms.create(&bound, "More").await),
        "insufficient_scope"
    );
}

#[tokio::test]
async fn names_and_instructions_have_limits_on_both_sides() {
    let bench = Bench::new();
    let ada = bench.person("ada", Role::Member);
    let (longest, longer) = ("ü".repeat(80), "ü".repeat(81));
    let legal = bench.opens(&ada, &longest).await;
    for bad in ["", "  ", "a\nb", longer.as_str()] {
        assert_eq!(
            code(bench.rooms.create(&ada, bad).await),
            "name_invalid",
            "{bad}"
        );
        assert_eq!(
            code(bench.rooms.rename(&ada, legal, bad).await),
            "name_invalid",
            "{bad}"
        );
    }
    let instructions = |length| WorkspaceChange {
        instructions: Some("ü".repeat(length)),
        ..WorkspaceChange::default()
    };
    let changed = bench
        .rooms
        .change(&ada, legal, instructions(8000))
        .await
        .expect("changed");
    assert_eq!(changed.workspace.name, longest, "the name stays");
    let result = bench.rooms.change(&ada, legal, instructions(8001)).await;
    assert_eq!(code(result), "instructions_too_long");
    let access = bench
        .rooms
        .open(&ada, legal, Action::Chat)
        .await
        .expect("opened");
    let workspace = bench.rooms.of(&access).await.expect("there");
    assert_eq!(workspace.instructions.chars().count(), 8000);
}

#[tokio::test]
async fn an_owner_says_how_questions_are_answered() {
    let bench = Bench::new();
    let ada = bench.person("ada", Role::Member);
    let made = bench.rooms.create(&ada, "Legal").await.expect("made");
    assert_eq!(made.workspace.answers, AnswerSettings::default());
    let legal = made.workspace.id;
    let change = |answers| WorkspaceChange {
        answers,
        ..WorkspaceChange::default()
    };
    let quotes = AnswersChange {
        mode: Some(AnswerMode::Quotes),
        ..AnswersChange::default()
    };
    let least = |least| AnswersChange {
        least: Some(least),
        ..AnswersChange::default()
    };
    let changed = bench.rooms.change(&ada, legal, change(quotes)).await;
    assert!(changed.is_ok());
    let changed = bench.rooms.change(&ada, legal, change(least(0.5))).await;
    let expected = AnswerSettings {
        mode: AnswerMode::Quotes,
        least: 0.5,
        hops: false,
    };
    assert_eq!(changed.expect("changed").workspace.answers, expected);
    for wrong in [-0.1, 1.1, f32::NAN, f32::INFINITY] {
        let result = bench.rooms.change(&ada, legal, change(least(wrong))).await;
        assert_eq!(code(result), "least_invalid", "{wrong}");
    }
}

#[tokio::test]
async fn a_removed_workspace_leaves_nothing_behind() {
    let bench = Bench::new();
    let (ada, bob) = (
        bench.person("ada", Role::Member),
        bench.person("bob", Role::Member),
    );
    let (legal, other) = (
        bench.opens(&ada, "Legal").await,
        bench.opens(&ada, "Other").await,
    );
    bench.adds(&ada, legal, &bob, MemberRole::Member).await;
    let access = bench
        .rooms
        .open(&bob, legal, Action::Chat)
        .await
        .expect("opened");
    let talk = bench
        .rooms
        .create_conversation(&access, "Talk")
        .await
        .expect("begun");
    let own = crate::store::pipelines::PipelineRecord {
        stages: Vec::new(),
        cases: Vec::new(),
    };
    let put = bench
        .store
        .write(move |tx| crate::store::pipelines::put(tx, legal, &own));
    put.await.expect("kept");
    assert_eq!(code(bench.rooms.remove(&bob, legal).await), "forbidden");
    bench.rooms.remove(&ada, legal).await.expect("removed");
    assert_eq!(
        code(bench.rooms.get(&ada, legal).await),
        "workspace_not_found"
    );
    assert_eq!(bench.rooms.list(&bob).await.expect("listed"), []);
    assert_eq!(
        bench.rooms.list(&ada).await.expect("listed")[0]
            .workspace
            .id,
        other
    );
    let opened = bench
        .rooms
        .open_conversation(&bob, talk.id, Action::Chat)
        .await;
    assert_eq!(code(opened), "conversation_not_found");
    let late = bench.rooms.create_conversation(&access, "Late").await;
    assert_eq!(
        code(late),
        "workspace_not_found",
        "an old proof writes nothing"
    );
    let row = bench
        .store
        .read_blocking(|tx| crate::store::conversations::get(tx, talk.id));
    assert_eq!(row.expect("read"), None);
    let stages = bench.store.read_blocking(crate::store::pipelines::all);
    assert_eq!(stages.expect("read"), []);
}

#[tokio::test]
async fn those_who_run_the_box_change_what_judges_a_workspace_that_they_are_in() {
    let bench = Bench::new();
    let owner = bench.person("ada", Role::Member);
    let admin = bench.person("root", Role::Admin);
    let legal = bench.opens(&owner, "Legal").await;
    let (rooms, gone) = (&bench.rooms, "workspace_not_found");
    assert_eq!(rooms.governs(&owner, legal).await.ok(), Some(false));
    assert_eq!(code(rooms.govern(&owner, legal).await), "forbidden");
    assert_eq!(code(rooms.govern(&admin, legal).await), gone);
    bench.adds(&owner, legal, &admin, MemberRole::Member).await;
    assert!(rooms.govern(&admin, legal).await.is_ok());
    let key = with_key(&admin, None, Scopes::DEFAULT);
    assert_eq!(rooms.governs(&key, legal).await.ok(), Some(false));
    assert_eq!(code(rooms.govern(&key, legal).await), "insufficient_scope");
    // Whoever owns the machine is in no workspace and may.
    assert!(rooms.govern(&Principal::Operator, legal).await.is_ok());
    let nowhere = rooms.govern(&Principal::Operator, WorkspaceId::new());
    assert_eq!(code(nowhere.await), gone);
}

#[tokio::test]
async fn somebody_can_be_in_two_hundred_workspaces() {
    let bench = Bench::new();
    let (ada, bob) = (
        bench.person("ada", Role::Member),
        bench.person("bob", Role::Member),
    );
    let since = bench.clock.now();
    let full = user(&ada);
    let filled = bench.store.write_blocking(move |tx| {
        for _ in 0..WORKSPACES {
            let (workspace, role) = (WorkspaceId::new(), MemberRole::Member);
            let member = Membership {
                workspace,
                user: full,
                role,
                since,
            };
            workspaces::put_member(tx, &member)?;
        }
        Ok::<_, StoreError>(())
    });
    filled.expect("written");
    assert_eq!(
        code(bench.rooms.create(&ada, "One more").await),
        "limit_reached"
    );
    let legal = bench.opens(&bob, "Legal").await;
    let added = bench
        .rooms
        .add_member(&bob, legal, Invitee::User(full), MemberRole::Member)
        .await;
    assert_eq!(code(added), "limit_reached");
}
