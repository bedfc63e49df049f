//! What is shown of addresses, whatever the secret in them looks like.

use proptest::prelude::*;

use super::*;

fn shown(address: &str) -> String {
    SecretUrl::new(address).shown()
}

#[test]
fn an_address_without_a_secret_is_shown_as_it_was_written() {
    for address in [
        "postgresql://ann@db.example.org/desk",
        "postgres://ann@[::1]:5432/desk?sslmode=verify-full",
        "postgresql://root@%2Fvar%2Frun%2Fpostgresql:5432/desk?sslmode=disable&statement-cache-capacity=100",
        "postgresql:///desk",
        "postgresql://db",
    ] {
        assert_eq!(shown(address), address);
    }
}

#[test]
fn secrets_are_left_out_wherever_they_stand() {
    let addresses = [
        "postgresql://ann:s3cret@127.0.0.1/desk",
        "postgresql://ann:s3cret@db:5432/desk?sslmode=require",
        "postgresql://ann@db/desk?password=s3cret",
        "postgresql://ann@db/desk?password=s3&cret",
        "postgresql://ann@db/desk?sslmode=require&sslcert=c.pem&sslkey=k.pem&sslpassword=s3cret",
        "postgresql://ann@db/desk?options=-c%20desk.key%3Ds3cret&passfile=/s3cret",
        "postgresql://ann@db/desk?sslmode=s3cret!",
        "postgresql://ann:s3@cret@db/desk",
        "postgresql://ann:s3/cret@db/desk",
        "postgresql://ann:12/s3cret@db/desk",
        "postgresql://ann:12?s3cret@db/desk",
        "postgresql://ann:12?a=s3cret@db/desk",
        "postgresql://ann:12#s3cret@db/desk",
        "postgresql://ann%3As3cret@db/desk",
        "postgresql://ann:s3cret@one:5432,two:5432/desk",
        "host=db user=ann password=s3cret",
        "https://hooks.example.org/services/s3cret",
        "https://ann:s3cret@hooks.example.org:8443/s3cret?key=s3cret#s3cret",
        "https://s3/cret@hooks.example.org/",
        "s3cret",
        "",
    ];
    let told = addresses.map(shown).join("\n");
    assert!(!told.contains("s3") && !told.contains("cret"), "{told}");
    insta::assert_snapshot!(told, @"
    postgresql://ann:…@127.0.0.1/desk
    postgresql://ann:…@db:5432/desk?sslmode=require
    postgresql://ann@db/desk?password=…
    postgresql://ann@db/desk?…
    postgresql://ann@db/desk?sslmode=require&sslcert=…&sslkey=…&sslpassword=…
    postgresql://ann@db/desk?options=…&passfile=…
    postgresql://ann@db/desk?sslmode=…
    postgresql://ann:…@db/desk
    …
    …
    …
    …
    …
    postgresql://…@db/desk
    …
    …
    https://hooks.example.org/…
    https://hooks.example.org:8443/…
    …
    …
    …
    ");
    let debug = format!(
        "{:?} {:?}",
        SecretUrl::new(addresses[0]),
        Secret::new("s3cret")
    );
    assert_eq!(debug, "postgresql://ann:…@127.0.0.1/desk …");
}

#[test]
fn why_an_address_is_none_is_said_without_it() {
    let faults = [
        "mysql://ann:s3cret@db",
        "postgresql://ann:s3/cret@db/desk",
        "postgresql://ann:12/s3cret@db/desk",
        "postgresql://ann:12#s3cret@db/desk",
        "postgresql://one:1,two:2/desk",
        "postgresql://one,two/desk",
        "postgresql://s3%20cret/desk",
    ]
    .map(|address| {
        DatabaseUrl::parse(address)
            .err()
            .map(|fault| fault.to_string())
            .unwrap_or_default()
    });
    insta::assert_snapshot!(faults.join("\n"), @"
    it does not begin with `postgresql://`
    invalid port number
    there is an `@` behind the host
    there is a `#` in it
    it names several hosts, and only one is connected to
    it names several hosts, and only one is connected to
    its host has characters that no host has
    ");
}

#[test]
fn an_answer_that_repeats_the_secret_is_found() {
    let hook = SecretUrl::new("https://hooks.example.org/services/T0001/XYZZY12345?key=plugh99");
    for said in [
        "no such hook: XYZZY12345",
        "/services/T0001/XYZZY12345 was not found",
        "key plugh99 is old",
    ] {
        assert!(hook.is_repeated_in(said), "{said}");
    }
    assert!(!hook.is_repeated_in("T0001 is away; ask hooks.example.org"));
    assert!(SecretUrl::new("not an address").is_repeated_in("not an address, not an answer"));
}

#[test]
fn a_variable_is_named_only_where_it_is_written_like_one() {
    assert_eq!(variable_shown("SMTP_PASSWORD"), "SMTP_PASSWORD");
    for secret in ["hunter2", "https://hooks.example.org/x", "S3CRET!", ""] {
        assert_eq!(variable_shown(secret), HIDDEN);
    }
}

proptest! {
    /// No character of the secrets' alphabet is in the addresses around them.
    #[test]
    fn no_part_of_any_secret_is_ever_shown(secret in "[QXZ78@/?#%:&=,; +'\"\\\\\\[\\]éß\\t]{1,12}") {
        let is_of_it = |c: char| "QXZ78éß".contains(c);
        for address in [
            format!("postgres://ann:{secret}@db/desk"),
            format!("postgresql://ann:{secret}@db.example.org:5432/desk?sslmode=require"),
            format!("postgresql://ann:{secret}@%2Ftmp/desk"),
            format!("postgresql://ann@db/desk?password={secret}"),
            format!("postgresql://ann@db/desk?sslmode=require&password={secret}&sslcert=c.pem"),
            format!("postgresql://ann@db/desk?sslpassword={secret}&sslmode=require"),
            format!("postgresql://ann@db/desk?options=-c%20a.b%3D{secret}"),
            format!("host=db password={secret}"),
            format!("host=db password='{secret}' dbname=desk"),
            format!("mysql://ann:{secret}@db/desk"),
            format!("https://hooks.example.org/services/{secret}"),
            format!("https://ann:{secret}@hooks.example.org/services"),
            format!("https://hooks.example.org/?key={secret}"),
            format!("https://hooks.example.org/#{secret}"),
            secret.clone(),
        ] {
            let shown = shown(&address);
            prop_assert!(!shown.contains(is_of_it), "{address} is shown as {shown}");
            if let Err(fault) = DatabaseUrl::parse(&address) {
                prop_assert!(!fault.to_string().contains(is_of_it), "{address}: {fault}");
            }
        }
    }
}
