//! A newsroom's database, made for one test beside the test's own, and dropped when the next run of the same
//! test makes it anew.

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgPool};

/// Tables as they grow in a newsroom: another schema, an enum, a domain, columns of many types.
const SCHEMA: &str = "
create schema desk;
create type desk.state as enum ('draft', 'live');
create domain desk.slug as text check (value = lower(value));
create table desk.articles (
    id bigint generated always as identity primary key,
    slug desk.slug unique,
    headline text,
    state desk.state not null default 'live',
    language char(5) not null default 'en',
    topics text[],
    details jsonb not null default '{}',
    photo bytea,
    goes_live timestamptz,
    updated_at timestamptz
);
create table desk.facts (
    article bigint not null references desk.articles (id),
    no int not null,
    label text not null,
    value numeric,
    unit varchar(20),
    primary key (article, no)
);
create index on desk.articles (updated_at, slug);
create sequence desk.visits;
";

/// A query over both tables: the facts of an article become one column of JSON.
pub(crate) const NEWSROOM_SOURCE: &str = r#"
[source]
connection_env = "NEWSROOM_DATABASE_URL"
query = """
select a.slug, a.headline, a.language, array['wires'] || a.topics as topics, a.goes_live, a.updated_at,
       (select jsonb_agg(jsonb_build_object('label', f.label, 'value', f.value::text, 'unit', f.unit) order by f.no)
        from desk.facts f where f.article = a.id) as facts  -- one row an article
from desk.articles a
where a.state = 'live';
"""
cursor = "updated_at"
page = 3
[source.map]
external_ref = "slug"
topic = "headline"
embargo_until = "goes_live"
tags = "topics"
[source.constants]
kind = "news"
"#;

pub(crate) struct Newsroom {
    pub(crate) pool: PgPool,
    options: PgConnectOptions,
}

impl Newsroom {
    /// On the server of the test's own database.
    pub(crate) async fn beside(database: &PgConnectOptions) -> Self {
        let own = database.get_database().expect("a database");
        // Not longer than its own: Postgres cuts names, and two that were cut alike would be one.
        let name = own.replacen("_sqlx_test_", "newsroom_", 1);
        assert_ne!(name, own);
        let mut server = sqlx::PgConnection::connect_with(database)
            .await
            .expect("a server");
        for sql in [
            format!("drop database if exists \"{name}\" with (force)"),
            format!("create database \"{name}\""),
        ] {
            sqlx::query(AssertSqlSafe(sql))
                .execute(&mut server)
                .await
                .expect("made");
        }
        server.close().await.expect("closed");
        let options = database.clone().database(&name);
        let pool = PgPoolOptions::new()
            .max_connections(3)
            .connect_with(options.clone())
            .await;
        let newsroom = Self {
            pool: pool.expect("a newsroom"),
            options,
        };
        newsroom.does(SCHEMA).await;
        newsroom
    }

    /// Its address, with a password that no message may show.
    pub(crate) fn url(&self) -> String {
        self.options
            .clone()
            .password("s3cret")
            .to_url_lossy()
            .to_string()
    }

    pub(crate) fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Runs statements of the newsroom's own.
    pub(crate) async fn does(&self, sql: &str) {
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.pool).await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// An article with a fact, changed at a minute of one morning.
    pub(crate) async fn writes(&self, slug: &str, headline: &str, minute: u32) {
        let at = format!("2026-01-05 {:02}:{:02}:00+00", 6 + minute / 60, minute % 60);
        self.does(&format!(
            "with a as (
                 insert into desk.articles (slug, headline, updated_at) values ('{slug}', '{headline}', '{at}')
                 on conflict (slug) do update set headline = excluded.headline, updated_at = excluded.updated_at
                 returning id)
             insert into desk.facts (article, no, label, value) select id, 1, 'Population', 1234567.50 from a
             on conflict do nothing"
        ))
        .await;
    }
}
