//! Accounts: made by admins, changed by admins and by the person.

use super::policy::permit;
use super::sessions::signed_in_as;
use super::verified::Gone;
use super::{Auth, AuthError, Denied, email, strength};
use crate::domain::id::UserId;
use crate::domain::page::{Page, PageRequest};
use crate::domain::principal::{Action, Principal, Role};
use crate::domain::secret::Secret;
use crate::domain::user::User;
use crate::store::users::Account;
use crate::store::{WriteTx, sessions, users};

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub email: String,
    pub name: String,
    pub password: Secret<String>,
    pub role: Role,
}

/// An account that was checked and hashed and only has to be written.
pub(super) struct Prepared(Account);

impl Prepared {
    pub(super) fn insert(self, tx: &mut WriteTx) -> Result<Account, AuthError> {
        if users::insert(tx, &self.0)? {
            Ok(self.0)
        } else {
            Err(AuthError::EmailTaken)
        }
    }
}

impl Auth {
    pub(super) async fn prepare(&self, new: NewUser) -> Result<Prepared, AuthError> {
        let email = email::normalise(&new.email)?;
        let name = email::name(&new.name)?;
        strength::judge(new.password.expose(), &email, &name).map_err(AuthError::WeakPassword)?;
        let password = self.inner.passwords.hash(new.password).await?;
        let created_at = self.inner.clock.now();
        let user = User {
            id: UserId::new(),
            email,
            name,
            role: new.role,
            disabled: false,
            created_at,
        };
        Ok(Prepared(Account {
            user,
            password,
            epoch: 0,
        }))
    }

    /// Makes an account.
    pub async fn create_user(&self, who: &Principal, new: NewUser) -> Result<User, AuthError> {
        permit(who, Action::ManageUsers)?;
        let prepared = self.prepare(new).await?;
        let account = self
            .change(Gone::Nobody, move |tx| prepared.insert(tx))
            .await?;
        tracing::info!(user = %account.user.id, "account made");
        Ok(account.user)
    }

    /// Who has an account, in the order in which they were made.
    pub async fn list_users(
        &self,
        who: &Principal,
        page: PageRequest,
    ) -> Result<Page<User>, AuthError> {
        permit(who, Action::ListUsers)?;
        let after = page.after.as_deref().map(str::parse::<UserId>).transpose();
        let after = after.map_err(|_| AuthError::CursorInvalid)?;
        let limit = page.limit();
        let users = self
            .inner
            .store
            .read(move |tx| users::list(tx, after, limit + 1))
            .await?;
        Ok(Page::cut(users, limit, |user| user.id.to_string()))
    }

    /// One account. Everybody may see their own.
    pub async fn get_user(&self, who: &Principal, id: UserId) -> Result<User, AuthError> {
        if who.user() != Some(id) {
            permit(who, Action::ListUsers)?;
        }
        let account = self.inner.store.read(move |tx| users::get(tx, id)).await?;
        account
            .map(|account| account.user)
            .ok_or(AuthError::UserNotFound)
    }

    /// The account of this address.
    pub async fn find_user(&self, who: &Principal, email: &str) -> Result<User, AuthError> {
        permit(who, Action::ListUsers)?;
        let email = email::normalise(email)?;
        let account = self
            .inner
            .store
            .read(move |tx| users::by_email(tx, &email))
            .await?;
        account
            .map(|account| account.user)
            .ok_or(AuthError::UserNotFound)
    }

    /// Takes an account out of use: its sessions, tokens and API keys are dead when this returns.
    /// What it owns stays. The last admin cannot be taken out.
    pub async fn disable_user(&self, who: &Principal, id: UserId) -> Result<User, AuthError> {
        permit(who, Action::ManageUsers)?;
        self.change_account(id, |tx, account| {
            if !account.user.disabled {
                keeps_an_admin(tx, &account.user)?;
            }
            account.user.disabled = true;
            account.epoch = account.epoch.wrapping_add(1);
            Ok(sessions::remove_of_user(tx, account.user.id, None)?)
        })
        .await
    }

    /// Takes an account into use again. Its API keys work again; its sessions stay ended.
    pub async fn enable_user(&self, who: &Principal, id: UserId) -> Result<User, AuthError> {
        permit(who, Action::ManageUsers)?;
        self.change_account(id, |_, account| {
            account.user.disabled = false;
            Ok(())
        })
        .await
    }

    /// Changes what an account may do on the box, at once. The last admin stays one.
    pub async fn set_role(
        &self,
        who: &Principal,
        id: UserId,
        role: Role,
    ) -> Result<User, AuthError> {
        permit(who, Action::ManageUsers)?;
        self.change_account(id, move |tx, account| {
            if account.user.role == role {
                return Ok(());
            }
            if !account.user.disabled {
                keeps_an_admin(tx, &account.user)?;
            }
            account.user.role = role;
            account.epoch = account.epoch.wrapping_add(1);
            Ok(())
        })
        .await
    }

    /// Changes one's own name.
    pub async fn rename_self(&self, who: &Principal, name: &str) -> Result<User, AuthError> {
        permit(who, Action::ManageSelf)?;
        let name = email::name(name)?;
        let id = who.user().ok_or(Denied::Forbidden)?;
        self.change_account(id, move |_, account| {
            account.user.name = name;
            Ok(())
        })
        .await
    }

    /// Changes one's own password and ends all of one's other sessions.
    pub async fn change_password(
        &self,
        who: &Principal,
        current: Secret<String>,
        new: Secret<String>,
    ) -> Result<(), AuthError> {
        let (id, session) = signed_in_as(who)?;
        let account = self.inner.store.read(move |tx| users::get(tx, id)).await?;
        let account = account.ok_or(AuthError::Unauthenticated)?;
        self.check_current(&account, current).await?;
        let user = &account.user;
        strength::judge(new.expose(), &user.email, &user.name).map_err(AuthError::WeakPassword)?;
        let hash = self.inner.passwords.hash(new).await?;
        let before = account.password;
        self.change_account(id, move |tx, account| {
            if account.password != before {
                return Err(AuthError::WrongPassword);
            }
            account.password = hash;
            Ok(sessions::remove_of_user(tx, id, Some(session))?)
        })
        .await?;
        tracing::info!(user = %id, "password changed");
        Ok(())
    }

    async fn check_current(
        &self,
        account: &Account,
        current: Secret<String>,
    ) -> Result<(), AuthError> {
        let attempt = self
            .inner
            .throttle
            .admit_known(&account.user.id.to_string())?;
        let stored = Some(account.password.clone());
        match self.inner.passwords.check(current, stored).await {
            Ok(checked) if !checked.matches => Err(AuthError::WrongPassword),
            other => {
                self.inner.throttle.take_back(attempt);
                other.map(drop)
            }
        }
    }

    /// Gives an account a new password, for somebody who has lost it, and ends its sessions.
    pub async fn set_password(
        &self,
        who: &Principal,
        id: UserId,
        new: Secret<String>,
    ) -> Result<(), AuthError> {
        permit(who, Action::ManageUsers)?;
        let account = self.inner.store.read(move |tx| users::get(tx, id)).await?;
        let user = account.ok_or(AuthError::UserNotFound)?.user;
        strength::judge(new.expose(), &user.email, &user.name).map_err(AuthError::WeakPassword)?;
        let hash = self.inner.passwords.hash(new).await?;
        self.change_account(id, move |tx, account| {
            account.password = hash;
            account.epoch = account.epoch.wrapping_add(1);
            Ok(sessions::remove_of_user(tx, id, None)?)
        })
        .await?;
        tracing::info!(user = %id, "password set by an admin");
        Ok(())
    }

    /// Changes an account in one transaction; what was verified of it is forgotten after.
    async fn change_account(
        &self,
        id: UserId,
        f: impl FnOnce(&mut WriteTx, &mut Account) -> Result<(), AuthError> + Send + 'static,
    ) -> Result<User, AuthError> {
        self.change(Gone::User(id), move |tx| {
            let mut account = users::get(tx, id)?.ok_or(AuthError::UserNotFound)?;
            f(tx, &mut account)?;
            users::put(tx, &account)?;
            Ok(account.user)
        })
        .await
    }
}

/// An error if nobody could run the box without this account.
fn keeps_an_admin(tx: &WriteTx, user: &User) -> Result<(), AuthError> {
    if user.role == Role::Admin && !users::has_other_admin(tx, user.id)? {
        return Err(AuthError::LastAdmin);
    }
    Ok(())
}
