//! Accounts: who they are and what proves it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::schema::{USER_EMAILS, USERS};
use super::{Reads, StoreError, WriteTx};
use crate::domain::id::UserId;
use crate::domain::principal::Role;
use crate::domain::user::User;

/// One account with what proves it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub user: User,
    /// The password's hash, as a PHC string.
    pub password: String,
    /// Goes up when every access token of the account is to end.
    pub epoch: u32,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("user", &self.user.id)
            .finish_non_exhaustive()
    }
}

/// The account of this id.
pub fn get(tx: &impl Reads, id: UserId) -> Result<Option<Account>, StoreError> {
    tx.get(USERS, &id)
}

/// The account of this address, which has been normalised.
pub fn by_email(tx: &impl Reads, email: &str) -> Result<Option<Account>, StoreError> {
    match tx.get(USER_EMAILS, &email.to_owned())? {
        Some(id) => get(tx, id),
        None => Ok(None),
    }
}

/// Adds an account; false, and nothing is written, if its address is taken.
pub fn insert(tx: &mut WriteTx, account: &Account) -> Result<bool, StoreError> {
    let (id, email) = (account.user.id, &account.user.email);
    if tx.has(USER_EMAILS, email)? {
        return Ok(false);
    }
    tx.put(USER_EMAILS, email, &id)?;
    tx.put(USERS, &id, account)?;
    Ok(true)
}

/// Replaces an account that is there; its address stays as it was.
pub fn put(tx: &mut WriteTx, account: &Account) -> Result<(), StoreError> {
    tx.put(USERS, &account.user.id, account)
}

/// Accounts in the order in which they were made, at most `limit`, from behind `after`.
pub fn list(tx: &impl Reads, after: Option<UserId>, limit: usize) -> Result<Vec<User>, StoreError> {
    let rows = tx.all(USERS).after_some(after.as_ref()).take(limit);
    rows.map(|row| Ok(row?.1.user)).collect()
}

/// Is there an admin, disabled or not?
pub fn has_admin(tx: &impl Reads) -> Result<bool, StoreError> {
    for row in tx.all(USERS) {
        if row?.1.user.role == Role::Admin {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Is there an admin who can sign in, beside this account?
pub fn has_other_admin(tx: &impl Reads, beside: UserId) -> Result<bool, StoreError> {
    for row in tx.all(USERS) {
        let user = row?.1.user;
        if user.role == Role::Admin && !user.disabled && user.id != beside {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
pub(super) fn golden() -> Vec<super::golden::Row> {
    use super::golden::{Row, id};
    use crate::domain::time::Timestamp;
    let mut rows = vec![Row::of(USER_EMAILS, &"ada@example.org".to_owned(), &id(1))];
    for (number, role, disabled) in [(1, Role::Admin, false), (2, Role::Member, true)] {
        let user = User {
            id: id(number),
            email: "ada@example.org".to_owned(),
            name: "Ada".to_owned(),
            role,
            disabled,
            created_at: Timestamp::from_millis(1_700_000_000_000),
        };
        let password = "$argon2id$v=19$m=64,t=1,p=1$c2FsdA$aGFzaA".to_owned();
        rows.push(Row::of(
            USERS,
            &user.id.clone(),
            &Account {
                user,
                password,
                epoch: 300,
            },
        ));
    }
    rows
}
