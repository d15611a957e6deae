//! The whole table: every action, every kind of asker, every place in a workspace.

use super::*;
use crate::domain::id::{ApiKeyId, SessionId};
use crate::domain::time::Timestamp;

const CHAT: Scopes = Scopes {
    chat: true,
    manage: false,
    admin: false,
};
const MANAGE: Scopes = Scopes {
    chat: false,
    manage: true,
    admin: false,
};
const NOTHING: Scopes = Scopes {
    chat: false,
    manage: false,
    admin: false,
};

struct Cast {
    user: UserId,
    workspace: WorkspaceId,
}

impl Cast {
    fn person(&self, role: Role, credential: Credential) -> Principal {
        Principal::Person(Person {
            user: self.user,
            role,
            credential,
        })
    }

    fn key(&self, role: Role, workspace: Option<WorkspaceId>, scopes: Scopes) -> Principal {
        let id = ApiKeyId::new();
        self.person(
            role,
            Credential::ApiKey {
                id,
                workspace,
                scopes,
            },
        )
    }

    /// The askers, in the order of the columns below.
    fn askers(&self) -> [(&'static str, Principal); 12] {
        let session = SessionId::new();
        let (here, there) = (Some(self.workspace), Some(WorkspaceId::new()));
        [
            ("operator", Principal::Operator),
            (
                "admin",
                self.person(Role::Admin, Credential::Session(session)),
            ),
            (
                "admin's token",
                self.person(Role::Admin, Credential::Token(session)),
            ),
            (
                "member",
                self.person(Role::Member, Credential::Session(session)),
            ),
            ("admin's key, all", self.key(Role::Admin, None, Scopes::ALL)),
            (
                "admin's key, default",
                self.key(Role::Admin, None, Scopes::DEFAULT),
            ),
            (
                "member's key, all",
                self.key(Role::Member, None, Scopes::ALL),
            ),
            ("key, chat", self.key(Role::Member, None, CHAT)),
            ("key, manage", self.key(Role::Member, None, MANAGE)),
            ("key, nothing", self.key(Role::Admin, None, NOTHING)),
            (
                "admin's key, all, here",
                self.key(Role::Admin, here, Scopes::ALL),
            ),
            (
                "admin's key, all, elsewhere",
                self.key(Role::Admin, there, Scopes::ALL),
            ),
        ]
    }
}

fn cast() -> Cast {
    Cast {
        user: UserId::new(),
        workspace: WorkspaceId::new(),
    }
}

fn letter(result: Result<(), Denied>) -> char {
    match result {
        Ok(()) => 'y',
        Err(Denied::Forbidden) => 'f',
        Err(Denied::Scope) => 's',
        Err(Denied::WorkspaceNotFound) => 'n',
    }
}

/// y: may; f: forbidden; s: the key's scope is too small; n: told that there is no workspace.
/// One letter for each asker of [`Cast::askers`], in its order.
const BOX: [(Action, &str); 13] = [
    (Action::ManageSelf, "fyyyssssssss"),
    (Action::ListUsers, "yyyfysfffsss"),
    (Action::ManageUsers, "yyyfysfffsss"),
    (Action::CreateWorkspace, "fyyyyyysysss"),
    (Action::UseModels, "yyyyyyyyssyy"),
    (Action::ManageModels, "yyyfysfffsss"),
    (Action::ListPlugins, "yyyyyyyyssyy"),
    (Action::ManagePlugins, "yyyfysfffsss"),
    (Action::SeeSystem, "yyyfysfffsss"),
    (Action::ReadWorkspace, "ffffffffffff"),
    (Action::Chat, "ffffffffffff"),
    (Action::WriteDocuments, "ffffffffffff"),
    (Action::ManageWorkspace, "ffffffffffff"),
];

/// The same for a member, and for an owner, of the workspace that is asked for.
const INSIDE: [(Action, &str, &str); 13] = [
    (Action::ManageSelf, "nffffffffffn", "nffffffffffn"),
    (Action::ListUsers, "nffffffffffn", "nffffffffffn"),
    (Action::ManageUsers, "nffffffffffn", "nffffffffffn"),
    (Action::CreateWorkspace, "nffffffffffn", "nffffffffffn"),
    (Action::UseModels, "nffffffffffn", "nffffffffffn"),
    (Action::ManageModels, "nffffffffffn", "nffffffffffn"),
    (Action::ListPlugins, "nffffffffffn", "nffffffffffn"),
    (Action::ManagePlugins, "nffffffffffn", "nffffffffffn"),
    (Action::SeeSystem, "nffffffffffn", "nffffffffffn"),
    (Action::ReadWorkspace, "nyyyyyyyysyn", "nyyyyyyyysyn"),
    (Action::Chat, "nyyyyyyyssyn", "nyyyyyyyssyn"),
    (Action::WriteDocuments, "nyyyyyysysyn", "nyyyyyysysyn"),
    (Action::ManageWorkspace, "nffffffffffn", "nyyyyyysysyn"),
];

#[test]
fn the_tables_name_every_action() {
    assert_eq!(BOX.map(|(action, _)| action), Action::ALL);
    assert_eq!(INSIDE.map(|(action, ..)| action), Action::ALL);
}

#[test]
fn every_asker_gets_the_answer_of_the_table_on_the_box() {
    let cast = cast();
    for (action, row) in BOX {
        for ((name, who), expected) in cast.askers().into_iter().zip(row.chars()) {
            let answer = permit(&who, action);
            assert_eq!(
                letter(answer.as_ref().map(drop).map_err(|e| *e)),
                expected,
                "{name}, {action:?}"
            );
            if let Ok(permit) = answer {
                assert_eq!((permit.principal(), permit.action()), (&who, action));
            }
        }
    }
}

#[test]
fn every_asker_gets_the_answer_of_the_table_in_a_workspace() {
    let cast = cast();
    for (action, as_member, as_owner) in INSIDE {
        for (role, row) in [
            (MemberRole::Member, as_member),
            (MemberRole::Owner, as_owner),
        ] {
            let membership = Membership {
                workspace: cast.workspace,
                user: cast.user,
                role,
                since: Timestamp::default(),
            };
            for ((name, who), expected) in cast.askers().into_iter().zip(row.chars()) {
                let answer = access(&who, Some(&membership), action);
                let got = letter(answer.as_ref().map(drop).map_err(|e| *e));
                assert_eq!(got, expected, "{name} as {role:?}, {action:?}");
                if let Ok(access) = answer {
                    assert_eq!(
                        (access.workspace(), access.user()),
                        (cast.workspace, cast.user)
                    );
                    assert_eq!((access.role(), access.action()), (role, action));
                    assert_eq!(access.principal(), &who);
                }
            }
        }
    }
}

#[test]
fn who_is_not_a_member_never_learns_that_the_workspace_exists() {
    let cast = cast();
    let someone_else = Membership {
        workspace: cast.workspace,
        user: UserId::new(),
        role: MemberRole::Owner,
        since: Timestamp::default(),
    };
    for action in Action::ALL {
        for (name, who) in cast.askers() {
            for membership in [None, Some(&someone_else)] {
                let answer = access(&who, membership, action).map(drop);
                assert_eq!(answer, Err(Denied::WorkspaceNotFound), "{name}, {action:?}");
            }
        }
    }
}

#[test]
fn one_proof_answers_for_other_actions_by_the_same_table() {
    let cast = cast();
    let membership = Membership {
        workspace: cast.workspace,
        user: cast.user,
        role: MemberRole::Member,
        since: Timestamp::default(),
    };
    let reader = cast.key(Role::Member, None, CHAT);
    let access = access(&reader, Some(&membership), Action::ReadWorkspace).expect("may read");
    assert_eq!(access.demand(Action::Chat), Ok(()));
    assert_eq!(access.demand(Action::WriteDocuments), Err(Denied::Scope));
    assert_eq!(
        access.demand(Action::ManageWorkspace),
        Err(Denied::Forbidden)
    );
    assert_eq!(bound_workspace(&reader), None);
    let bound = cast.key(Role::Member, Some(cast.workspace), CHAT);
    assert_eq!(bound_workspace(&bound), Some(cast.workspace));
}
