//! `nightdesk serve`: the review desk.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::output;
use super::supervised::Pulse;
use super::users::actor;
use crate::domain::problem::Problem;
use crate::domain::user::{Role, User, UserRecord};
use crate::store::Store;
use crate::web::{
    DeferredRouter, Listener, Purpose, SignIn, Vitals, WebState, hash_password, new_token,
};

/// Shown below the flags of `serve --help`.
pub(super) const SERVE_HELP: &str = "\
Make the first user before: nightdesk users add NAME --role admin
Regenerating a draft takes a worker beside it: nightdesk worker, or nightdesk up.
Beyond this machine, put a proxy with TLS in front that sets X-Forwarded-Proto and X-Forwarded-For. docs/DESK.md";

/// The user of a desk without sign-in.
const NOBODY_SIGNS_IN: &str = "local";

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Where to listen.
    #[arg(
        long,
        env = "NIGHTDESK_DESK",
        value_name = "ADDR",
        default_value = "127.0.0.1:9640"
    )]
    desk: String,
    /// Let everybody in who is on this machine, as one admin; only on a loopback address.
    #[arg(long)]
    no_auth: bool,
}

pub(super) async fn serve(context: &Context, args: ServeArgs) -> Result<(), Failure> {
    let trusted = context.config.trusted_proxies.clone();
    let listener = Listener::bind_for(&args.desk, Purpose::Desk)
        .await?
        .behind(trusted);
    let address = listener.address();
    if args.no_auth && !address.ip().is_loopback() {
        return Err(beyond_loopback(address).into());
    }
    let vitals = Arc::new(Vitals::new("serve", Duration::from_mins(2)));
    let pulse = Pulse::start(&context.interrupt, &vitals);
    let deferred = DeferredRouter::default();
    // It answers from the beginning: whoever watches it must not take a database that is away for a desk that hangs.
    let _server = listener.serve_desk(Arc::clone(&vitals), deferred.router());
    let mut stop = context.interrupt.handle();
    let Some(store) = context.store_when_there(&stop, &|| pulse.beat()).await? else {
        return Ok(());
    };
    vitals.reaches(store.clone());
    let sign_in = if args.no_auth {
        SignIn::nobody(local_user(&store).await?)
    } else {
        somebody_can_sign_in(&store).await?;
        SignIn::Password
    };
    let models = context.config.models.value.clone();
    deferred.open(Arc::new(WebState::new(store, sign_in, models)));
    if !pulse.is_supervised() {
        output::note(&format!("the desk is open at http://{address}/"));
    }
    tracing::info!(%address, "the desk is open");
    while !*stop.borrow() {
        pulse.beat();
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            _ = stop.changed() => {}
        }
    }
    if !pulse.is_supervised() {
        output::note("stopped");
    }
    Ok(())
}

/// Refuses to open a desk that nobody could get into.
pub(super) async fn somebody_can_sign_in(store: &Store) -> Result<(), Failure> {
    let users = store.users().await?;
    // Nobody knows the password of the one who stands for everybody.
    let can =
        |record: &UserRecord| record.disabled_at.is_none() && !stands_for_everybody(&record.user);
    if users.iter().any(can) {
        Ok(())
    } else {
        Err(no_users().into())
    }
}

/// The one that stands beside every decision of a desk without sign-in. Nobody can sign in as them.
async fn local_user(store: &Store) -> Result<User, Failure> {
    let there = store.users().await?;
    if let Some(user) = there
        .into_iter()
        .find(|record| stands_for_everybody(&record.user))
    {
        return Ok(user.user);
    }
    let hash = tokio::task::spawn_blocking(|| hash_password(&new_token())).await??;
    Ok(store
        .add_user(&actor(), NOBODY_SIGNS_IN, Role::Admin, &hash)
        .await?)
}

fn stands_for_everybody(user: &User) -> bool {
    user.name.to_lowercase() == NOBODY_SIGNS_IN
}

fn beyond_loopback(address: SocketAddr) -> Problem {
    Problem::new(
        "serve.no_auth",
        format!("without sign-in the desk does not listen on `{address}`, where others reach it"),
    )
    .key("no-auth")
    .hint("make users with `nightdesk users add`, or listen on 127.0.0.1")
}

fn no_users() -> Problem {
    Problem::new(
        "serve.no_users",
        "nobody could sign in: there is no user with a password who is not disabled",
    )
    .hint("make one: nightdesk users add NAME --role admin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_beyond_loopback_without_sign_in() {
        let address = SocketAddr::from(([0, 0, 0, 0], 9640));
        insta::assert_snapshot!(beyond_loopback(address), @"
        `no-auth`: without sign-in the desk does not listen on `0.0.0.0:9640`, where others reach it

        hint: make users with `nightdesk users add`, or listen on 127.0.0.1
        ");
        insta::assert_snapshot!(no_users(), @"
        nobody could sign in: there is no user with a password who is not disabled

        hint: make one: nightdesk users add NAME --role admin
        ");
    }
}
