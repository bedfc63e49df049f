//! What each obstacle is told as.

use super::*;

const ALL: [Obstacle; 22] = [
    Obstacle::Password,
    Obstacle::Role,
    Obstacle::Database,
    Obstacle::Forbidden,
    Obstacle::NotFromHere,
    Obstacle::MustEncrypt,
    Obstacle::ClientCertificate,
    Obstacle::Full,
    Obstacle::Starting,
    Obstacle::Stopping,
    Obstacle::Name,
    Obstacle::Refused,
    Obstacle::Silent,
    Obstacle::NoSocket,
    Obstacle::SocketDenied,
    Obstacle::NoTls,
    Obstacle::UnknownAuthority,
    Obstacle::Expired,
    Obstacle::OtherHost,
    Obstacle::Handshake,
    Obstacle::Broken,
    Obstacle::Other,
];

#[test]
fn every_obstacle_has_a_sentence_and_a_way_out() {
    let told = ALL.map(|obstacle| {
        let waits = if obstacle.may_pass() { "waits" } else { "ends" };
        format!(
            "{} ({waits}): {}\n  hint: {}",
            obstacle.code(),
            obstacle.sentence("Postgres", "`db:5432`, database `desk`"),
            obstacle.hint("DATABASE_URL")
        )
    });
    insta::assert_snapshot!(told.join("\n"), @"");
}

#[test]
fn a_failed_handshake_is_told_by_what_failed() {
    let tls = |error: rustls::Error| Obstacle::of(&sqlx::Error::Io(io::Error::other(error)));
    let bad = |bad| tls(rustls::Error::InvalidCertificate(bad));
    assert_eq!(
        bad(CertificateError::UnknownIssuer),
        Obstacle::UnknownAuthority
    );
    assert_eq!(bad(CertificateError::Expired), Obstacle::Expired);
    assert_eq!(bad(CertificateError::NotValidYet), Obstacle::Expired);
    assert_eq!(bad(CertificateError::NotValidForName), Obstacle::OtherHost);
    assert_eq!(bad(CertificateError::BadSignature), Obstacle::Handshake);
    for alert in [
        AlertDescription::CertificateRequired,
        AlertDescription::UnknownCA,
    ] {
        assert_eq!(
            tls(rustls::Error::AlertReceived(alert)),
            Obstacle::ClientCertificate
        );
    }
    assert_eq!(
        tls(rustls::Error::HandshakeNotComplete),
        Obstacle::Handshake
    );
    let plain = sqlx::Error::Tls("server does not support TLS".into());
    assert_eq!(Obstacle::of(&plain), Obstacle::NoTls);
}

#[test]
fn what_the_system_says_is_told_by_its_kind() {
    for (kind, obstacle) in [
        (ErrorKind::NotFound, Obstacle::NoSocket),
        (ErrorKind::PermissionDenied, Obstacle::SocketDenied),
        (ErrorKind::ConnectionRefused, Obstacle::Refused),
        (ErrorKind::TimedOut, Obstacle::Silent),
        (ErrorKind::UnexpectedEof, Obstacle::Broken),
    ] {
        let error = sqlx::Error::Io(io::Error::new(kind, "said"));
        assert_eq!(Obstacle::of(&error), obstacle);
    }
    let name = io::Error::other("failed to lookup address information: Name or service not known");
    assert_eq!(Obstacle::of(&sqlx::Error::Io(name)), Obstacle::Name);
    assert_eq!(Obstacle::of(&sqlx::Error::PoolTimedOut), Obstacle::Silent);
}
