//! What is said of each way in which a connection does not come about.

use super::*;

const ALL: [ConnectFailure; 22] = [
    ConnectFailure::Password,
    ConnectFailure::Role,
    ConnectFailure::Database,
    ConnectFailure::Forbidden,
    ConnectFailure::NotFromHere,
    ConnectFailure::MustEncrypt,
    ConnectFailure::ClientCertificate,
    ConnectFailure::Full,
    ConnectFailure::Starting,
    ConnectFailure::Stopping,
    ConnectFailure::Name,
    ConnectFailure::Refused,
    ConnectFailure::Silent,
    ConnectFailure::NoSocket,
    ConnectFailure::SocketDenied,
    ConnectFailure::NoTls,
    ConnectFailure::UnknownAuthority,
    ConnectFailure::Expired,
    ConnectFailure::OtherHost,
    ConnectFailure::Handshake,
    ConnectFailure::Broken,
    ConnectFailure::Other,
];

#[test]
fn every_obstacle_has_a_sentence_and_a_way_out() {
    let told = ALL.map(|connect_failure| {
        let waits = if connect_failure.may_pass() {
            "waits"
        } else {
            "ends"
        };
        format!(
            "{} ({waits}): {}\n  hint: {}",
            connect_failure.code(),
            connect_failure.sentence("Postgres", "`db:5432`, database `desk`"),
            connect_failure.hint("DATABASE_URL")
        )
    });
    insta::assert_snapshot!(told.join("\n"), @"
    database.refused (ends): Postgres at `db:5432`, database `desk` refuses user or password
      hint: check user and password in `DATABASE_URL`; in a password `@` is written `%40`, `/` `%2F`, `?` `%3F`, `#` `%23` and `%` `%25`
    database.refused (ends): Postgres at `db:5432`, database `desk` does not let this user in
      hint: check the user in `DATABASE_URL`, or make it: `create role … login`
    database.refused (ends): Postgres at `db:5432`, database `desk` has no such database
      hint: check the database in `DATABASE_URL`, or make it: `createdb …`
    database.refused (ends): Postgres at `db:5432`, database `desk` does not let this user into the database
      hint: `grant connect on database … to …`
    database.refused (ends): Postgres at `db:5432`, database `desk` takes no connection of this user from this machine
      hint: add a line for this user, database and machine to the server's pg_hba.conf and reload it
    database.tls (ends): Postgres at `db:5432`, database `desk` takes no connection in the clear
      hint: put `sslmode=verify-full` (or `require`) into `DATABASE_URL`, with `sslrootcert=FILE` where its authority is not a public one
    database.tls (ends): Postgres at `db:5432`, database `desk` wants a client certificate that it trusts
      hint: put `sslcert=FILE&sslkey=FILE` into `DATABASE_URL`: a certificate for this user by an authority that the server trusts
    database.too_many_connections (waits): Postgres at `db:5432`, database `desk` has no connection left
      hint: raise `max_connections` (behind PgBouncer `max_client_conn`), or run fewer workers; each process holds at most 4 connections
    database.starting (waits): Postgres at `db:5432`, database `desk` is not ready
      hint: wait until it is ready; its own log says what it is doing
    database.starting (waits): Postgres at `db:5432`, database `desk` is going down, or its pooler cannot reach it
      hint: wait until it is ready; its own log says what it is doing
    database.unreachable (waits): cannot reach Postgres at `db:5432`, database `desk`
      hint: check the host in `DATABASE_URL`, and that this machine can look names up
    database.unreachable (waits): cannot reach Postgres at `db:5432`, database `desk`
      hint: check that it runs and listens there, and host and port in `DATABASE_URL`
    database.unreachable (waits): cannot reach Postgres at `db:5432`, database `desk`
      hint: check host and port in `DATABASE_URL`, and that no firewall drops what is sent there
    database.unreachable (waits): cannot reach Postgres at `db:5432`, database `desk`
      hint: check that it runs, and the folder of its socket in `DATABASE_URL`
    database.unreachable (ends): cannot reach Postgres at `db:5432`, database `desk`
      hint: this user may not use that socket: check the rights of its folder, or connect by TCP
    database.tls (ends): Postgres at `db:5432`, database `desk` does not encrypt, and the address wants it to
      hint: switch `ssl` on at the server; or, where nobody is in between, write `sslmode=disable` into `DATABASE_URL`
    database.tls (ends): the certificate of Postgres at `db:5432`, database `desk` is by no authority that is trusted here
      hint: name the file of its authority's certificate in `DATABASE_URL`: `sslrootcert=FILE`; if that is there, the server is not the one it should be
    database.tls (ends): the certificate of Postgres at `db:5432`, database `desk` is not valid today
      hint: renew the server's certificate; or put this machine's clock right
    database.tls (ends): the certificate of Postgres at `db:5432`, database `desk` is for another host
      hint: write the host in `DATABASE_URL` as the certificate has it, or give the server a certificate for this host
    database.tls (ends): no encrypted connection to Postgres at `db:5432`, database `desk` came about
      hint: TLS 1.2 or 1.3 is spoken; check the server's `ssl_…` settings, and what listens at that port of `DATABASE_URL`
    database.unreachable (waits): cannot reach Postgres at `db:5432`, database `desk`
      hint: check that what listens there is Postgres, its log, and host and port in `DATABASE_URL`
    database.unreachable (ends): cannot reach Postgres at `db:5432`, database `desk`
      hint: check that it runs and that the address in `DATABASE_URL` is right
    ");
}

#[test]
fn a_failed_handshake_is_told_by_what_failed() {
    let tls = |error: rustls::Error| ConnectFailure::of(&sqlx::Error::Io(io::Error::other(error)));
    let bad = |bad| tls(rustls::Error::InvalidCertificate(bad));
    assert_eq!(
        bad(CertificateError::UnknownIssuer),
        ConnectFailure::UnknownAuthority
    );
    assert_eq!(bad(CertificateError::Expired), ConnectFailure::Expired);
    assert_eq!(bad(CertificateError::NotValidYet), ConnectFailure::Expired);
    assert_eq!(
        bad(CertificateError::NotValidForName),
        ConnectFailure::OtherHost
    );
    assert_eq!(
        bad(CertificateError::BadSignature),
        ConnectFailure::Handshake
    );
    for alert in [
        AlertDescription::CertificateRequired,
        AlertDescription::UnknownCA,
    ] {
        assert_eq!(
            tls(rustls::Error::AlertReceived(alert)),
            ConnectFailure::ClientCertificate
        );
    }
    assert_eq!(
        tls(rustls::Error::HandshakeNotComplete),
        ConnectFailure::Handshake
    );
    let plain = sqlx::Error::Tls("server does not support TLS".into());
    assert_eq!(ConnectFailure::of(&plain), ConnectFailure::NoTls);
}

#[test]
fn what_the_system_says_is_told_by_its_kind() {
    for (kind, connect_failure) in [
        (ErrorKind::NotFound, ConnectFailure::NoSocket),
        (ErrorKind::PermissionDenied, ConnectFailure::SocketDenied),
        (ErrorKind::ConnectionRefused, ConnectFailure::Refused),
        (ErrorKind::TimedOut, ConnectFailure::Silent),
        (ErrorKind::UnexpectedEof, ConnectFailure::Broken),
    ] {
        let error = sqlx::Error::Io(io::Error::new(kind, "said"));
        assert_eq!(ConnectFailure::of(&error), connect_failure);
    }
    let name = io::Error::other("failed to lookup address information: Name or service not known");
    assert_eq!(
        ConnectFailure::of(&sqlx::Error::Io(name)),
        ConnectFailure::Name
    );
    assert_eq!(
        ConnectFailure::of(&sqlx::Error::PoolTimedOut),
        ConnectFailure::Silent
    );
}
