//! What a person can get wrong: each message says what, where and what to do; nothing is lost, and
//! the exit status is 1.

mod campaigns;
mod database;
mod files;
mod intake;
mod machine;
mod night;
mod sets;
mod streams;
mod tables;
mod templates;
mod words;
