//! What people and programs prove themselves with: passwords, tokens, their hashes.

mod password_hash;
mod passwords;
mod token;

pub use password_hash::hash_password;
pub(super) use passwords::HashingPermit;
pub use passwords::Passwords;
pub(super) use token::{is_same_secret, user_agent_hash};
pub use token::{new_token, token_hash};
