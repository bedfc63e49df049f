//! The private Postgres cluster: what every command starts or joins when `DATABASE_URL` is unset.
//!
//! All commands of a project share one cluster. The last one out stops it, and one that was left
//! behind by `kill -9` is taken up by the next command. Two lock files in the [`ClusterPlace`] hold
//! that promise, because the kernel releases a `flock` however its holder died:
//!
//! ```text
//!                 join: initdb if missing, start
//!   ┌─────────┐ ─────────────────────────────────> ┌─────────┐ ─────┐ join, leave:
//!   │ stopped │                                    │ running │      │ others are in
//!   └─────────┘ <───────────────────────────────── └─────────┘ <────┘
//!                 leave: last one out                 │   ^
//!            kill -9 of the server, power cut         v   │ join: name no process in
//!                                                  ┌────────┐ `postmaster.pid`, start;
//!                                                  │ killed │ Postgres replays its log
//!                                                  └────────┘
//!
//!   users.lock   shared,    held as long as a `Cluster` lives: "somebody is in"
//!   start.lock   exclusive, held only along an arrow of join or leave: one decision at a time
//! ```
//!
//! A command that dies with `kill -9` leaves the server running and its lock released: the next
//! command finds it, joins, and as the last one out stops it.
//!
//! A place holds `data/` (the cluster), `socket/` (the only way in: mode 0700, no TCP),
//! `server.log` and the two locks. Everything here blocks; asynchronous callers wrap it in
//! `spawn_blocking`. It relies on `initdb`, `postgres` and `pg_ctl`, and on no client program.

mod cluster;
mod error;
mod identity;
mod initdb;
mod installation;
mod locks;
mod place;
mod postmaster;
mod probe;
mod server;
mod version;

pub use cluster::Cluster;
pub use error::PostgresError;
pub use installation::Installation;
pub use place::ClusterPlace;

#[cfg(test)]
mod tests;
