//! What becomes of `sslmode`, certificates and variables, and what is refused.

use super::*;

fn read(parameters: &str, variables: &[(&str, &str)]) -> Result<Address, AddressFault> {
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Address::parse_with(
        &format!("postgresql://ann:s3cret@db/desk{parameters}"),
        &variable,
    )
}

fn protection(parameters: &str, variables: &[(&str, &str)]) -> Protection {
    read(parameters, variables).expect("an address").protection
}

/// The message and the hint.
fn refused(parameters: &str, variables: &[(&str, &str)]) -> String {
    match read(parameters, variables) {
        Ok(_) => format!("{parameters}: taken"),
        Err(fault) => format!("{fault}\n  hint: {}", fault.hint()),
    }
}

fn certificate() -> (tempfile::NamedTempFile, String) {
    let made = rcgen::generate_simple_self_signed(["db".to_owned()]).expect("a certificate");
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), made.cert.pem()).expect("written");
    let path = file.path().display().to_string();
    (file, path)
}

#[test]
fn each_mode_means_what_libpq_means_by_it() {
    for (given, protection_of_it) in [
        ("", Protection::Preferred),
        ("?sslmode=disable", Protection::Disabled),
        // libpq would try in the clear first.
        ("?sslmode=allow", Protection::Preferred),
        ("?sslmode=prefer", Protection::Preferred),
        ("?sslmode=require", Protection::Encrypted),
        ("?sslmode=verify-full", Protection::Host),
        ("?ssl-mode=require", Protection::Encrypted),
        ("?sslmode=disable&sslmode=verify-full", Protection::Host),
        ("?sslrootcert=system", Protection::Host),
        ("?sslmode=verify-full&sslrootcert=system", Protection::Host),
    ] {
        assert_eq!(protection(given, &[]), protection_of_it, "{given}");
    }
    let (_file, roots) = certificate();
    let given = format!("?sslmode=require&sslrootcert={roots}");
    assert_eq!(
        protection(&given, &[]),
        Protection::Authority,
        "as libpq does"
    );
    let given = format!("?sslrootcert={roots}");
    assert_eq!(protection(&given, &[]), Protection::Preferred);
}

#[test]
fn variables_say_what_the_address_does_not() {
    let (_file, roots) = certificate();
    assert_eq!(
        protection("", &[("PGSSLMODE", "verify-full")]),
        Protection::Host
    );
    assert_eq!(
        protection("?sslmode=disable", &[("PGSSLMODE", "verify-full")]),
        Protection::Disabled
    );
    assert_eq!(
        protection("", &[("PGSSLROOTCERT", "system")]),
        Protection::Host
    );
    let both = [("PGSSLMODE", "require"), ("PGSSLROOTCERT", roots.as_str())];
    assert_eq!(protection("", &both), Protection::Authority);
    assert_eq!(protection("", &[("PGSSLMODE", "")]), Protection::Preferred);
}

#[test]
fn a_socket_is_of_this_machine_whatever_is_asked_for() {
    let variable = |name: &str| (name == "PGSSLMODE").then(|| "verify-full".to_owned());
    for address in [
        "postgresql://ann@%2Ftmp/desk?sslmode=require",
        "postgresql://ann@localhost/desk?host=/tmp",
        "postgresql:///desk?host=/tmp&sslmode=verify-full",
    ] {
        let read = Address::parse_with(address, &variable).expect("an address");
        assert_eq!(read.protection, Protection::Socket);
        assert!(matches!(read.options.get_ssl_mode(), PgSslMode::Disable));
    }
}

#[test]
fn a_number_in_brackets_is_a_host() {
    let read = Address::parse("postgresql://ann@[::1]:5433/desk").expect("an address");
    assert_eq!(read.place(), "`::1:5433`, database `desk`");
}

#[test]
fn what_would_be_less_safe_than_it_says_is_refused() {
    let (_file, roots) = certificate();
    let empty = tempfile::NamedTempFile::new().expect("a file");
    let empty = empty.path().display();
    let told = [
        refused("?sslmode=verify_full", &[]),
        refused("?sslmode=s3cret", &[]),
        refused("?sslmode=", &[]),
        refused("", &[("PGSSLMODE", "Require")]),
        refused("?sslmode=require&sslrootcert=system", &[]),
        refused("?sslmode=verify-ca", &[("PGSSLROOTCERT", "system")]),
        refused(&format!("?sslcert={roots}"), &[]),
        refused("", &[("PGSSLKEY", "key.pem")]),
        refused(&format!("?sslcert={roots}&sslkey={roots}"), &[]),
        refused("?sslmode=verify-ca&sslrootcert=/nowhere/root.pem", &[]),
        refused(&format!("?sslmode=verify-full&sslrootcert={empty}"), &[]),
        refused("?sslmode=require&sslpassword=s3cret", &[]),
        refused("?sslmod=s3cret", &[]),
        refused("?passfile=s3cret", &[]),
        refused("?port=s3cret", &[]),
        refused("#s3cret", &[]),
    ];
    let told = told.join("\n");
    assert!(!told.contains("s3cret"), "{told}");
    insta::assert_snapshot!(told, @"
    the `sslmode` in the address is none of `disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full`
      hint: `verify-full` is encrypted and checks whose server it is; docs/DATABASE.md says what the others do
    the `sslmode` in the address is none of `disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full`
      hint: `verify-full` is encrypted and checks whose server it is; docs/DATABASE.md says what the others do
    the `sslmode` in the address is none of `disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full`
      hint: `verify-full` is encrypted and checks whose server it is; docs/DATABASE.md says what the others do
    the `sslmode` in `PGSSLMODE` is none of `disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full`
      hint: `verify-full` is encrypted and checks whose server it is; docs/DATABASE.md says what the others do
    a public authority would do for any host: trusting all of them needs `sslmode=verify-full`
      hint: write `sslmode=verify-full`, or name the file of the authority's certificate
    a public authority would do for any host: trusting all of them needs `sslmode=verify-full`
      hint: write `sslmode=verify-full`, or name the file of the authority's certificate
    `sslcert` and `sslkey` belong together, and only one of them is there
      hint: give both, each the name of a PEM file, or neither
    `sslcert` and `sslkey` belong together, and only one of them is there
      hint: give both, each the name of a PEM file, or neither
    `sslkey` names a file without a private key in it
      hint: it has to be PEM, `-----BEGIN …`; a key must not be encrypted with a password
    `sslrootcert` names a file that cannot be read: No such file or directory (os error 2)
      hint: name a PEM file that this user may read
    `sslrootcert` names a file without a certificate in it
      hint: it has to be PEM, `-----BEGIN …`; a key must not be encrypted with a password
    a parameter of it that begins with `ssl` is none that is known
      hint: `sslmode`, `sslrootcert`, `sslcert` and `sslkey` are known; take the other one out of the address
    a parameter of it that begins with `ssl` is none that is known
      hint: `sslmode`, `sslrootcert`, `sslcert` and `sslkey` are known; take the other one out of the address
    its parameter `passfile` is not supported, and leaving it out would be less safe than it says
      hint: `sslmode`, `sslrootcert`, `sslcert` and `sslkey` are known; take the other one out of the address
    a parameter has a value that is none
      hint: it looks like `postgresql://user:password@host:5432/database`, with `%40` for an `@`, `%2F` for a `/`, `%3F` for a `?` and `%23` for a `#` in the password
    there is a `#` in it
      hint: it looks like `postgresql://user:password@host:5432/database`, with `%40` for an `@`, `%2F` for a `/`, `%3F` for a `?` and `%23` for a `#` in the password
    ");
}

#[test]
fn what_the_driver_does_not_know_does_not_reach_its_log() {
    let read = read(
        "?pgbouncer=true&channel_binding=require&tenant=s3cret&statement-cache-capacity=0",
        &[],
    );
    assert!(read.expect("an address").told_pooled);
}

#[test]
fn a_pipe_in_the_place_of_a_certificate_is_refused_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe.pem");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    let given = format!("?sslmode=require&sslrootcert={}", pipe.display());
    let told = refused(&given, &[]);
    assert!(
        told.starts_with("`sslrootcert` names a file that cannot be read"),
        "{told}"
    );
}
