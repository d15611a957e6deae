//! People who have an account.

use serde::{Deserialize, Serialize};

use super::id::UserId;
use super::principal::Role;
use super::time::Timestamp;

/// One account, without anything that proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    /// Lower case, as it was normalised when the account was made.
    pub email: String,
    /// How the person wants to be called.
    pub name: String,
    pub role: Role,
    /// A disabled account keeps its data and cannot sign in.
    pub disabled: bool,
    pub created_at: Timestamp,
}
