//! Plain values and their rules: no database, no clock, no network.

pub mod alert;
pub mod availability;
pub mod brief;
pub mod campaign;
pub mod counted;
pub mod database_url;
pub mod draft;
pub mod entry_ids;
pub mod export;
mod hidden;
pub mod line_ends;
pub mod notify;
pub mod numbers;
pub mod problem;
pub mod publication;
pub mod report;
pub mod retention;
pub mod review;
pub mod run;
pub mod score;
pub mod secret;
pub mod slot;
pub mod suggest;
pub mod trusted_proxies;
pub mod user;
pub mod visible;
pub(crate) mod words;
