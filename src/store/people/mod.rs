//! People: who there is, who is signed in, which tokens they have, and who failed to prove themselves.

mod attempts;
mod logins;
mod tokens;
mod users;

pub use attempts::{Attempt, Counted};
pub use logins::{NewSession, SessionRecord, SignedIn};
pub use tokens::NewToken;
pub use users::{Credentials, UserError};
