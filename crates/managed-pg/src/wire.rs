//! The few messages of PostgreSQL's protocol that a statement needs, so that neither `psql` nor an
//! async driver has to be at hand.

use std::{
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
};

use crate::error::{PgError, Result, at};

/// SQLSTATE of `create database` for a name that exists.
pub(crate) const DUPLICATE_DATABASE: &str = "42P04";
const PROTOCOL_3_0: u32 = 196_608;

/// Runs statements and throws away what they return.
pub(crate) fn execute(socket: &Path, user: &str, database: &str, sql: &str) -> Result<()> {
    let mut stream = UnixStream::connect(socket).map_err(at(socket))?;
    let startup = format!("user\0{user}\0database\0{database}\0application_name\0keystall\0\0");
    let mut message = PROTOCOL_3_0.to_be_bytes().to_vec();
    message.extend(startup.as_bytes());
    send(&mut stream, None, &message).map_err(at(socket))?;
    until_ready(&mut stream).map_err(at(socket))??;
    send(&mut stream, Some(b'Q'), format!("{sql}\0").as_bytes()).map_err(at(socket))?;
    until_ready(&mut stream).map_err(at(socket))??;
    // The answer is here; a failing good-bye changes nothing.
    let _ = send(&mut stream, Some(b'X'), &[]);
    Ok(())
}

fn send(stream: &mut UnixStream, tag: Option<u8>, body: &[u8]) -> io::Result<()> {
    let length = u32::try_from(body.len() + 4).map_err(io::Error::other)?;
    let mut message: Vec<u8> = tag.into_iter().collect();
    message.extend(length.to_be_bytes());
    message.extend(body);
    stream.write_all(&message)
}

/// Reads until the server waits for us; the first error it reported is the inner result.
fn until_ready(stream: &mut UnixStream) -> io::Result<Result<()>> {
    let mut outcome = Ok(());
    loop {
        let mut tag = [0];
        let mut length = [0; 4];
        match stream.read_exact(&mut tag).and_then(|()| stream.read_exact(&mut length)) {
            // After a fatal error the server hangs up instead of waiting for us.
            Err(_) if outcome.is_err() => return Ok(outcome),
            read => read?,
        }
        let body = u64::from(u32::from_be_bytes(length).saturating_sub(4));
        let mut content = Vec::new();
        stream.take(body).read_to_end(&mut content)?;
        match tag {
            [b'Z'] => return Ok(outcome),
            [b'E'] if outcome.is_ok() => outcome = Err(read_error(&content)),
            [b'R'] if !content.starts_with(&[0; 4]) => {
                return Err(io::Error::other("the server wants a password"));
            }
            _ => {}
        }
    }
}

/// Fields are a letter and a text each, ended by zero.
fn read_error(content: &[u8]) -> PgError {
    let field = |letter: u8| {
        let mut fields = content.split(|byte| *byte == 0);
        let found = fields.find_map(|field| field.strip_prefix(&[letter]));
        found.map(|text| String::from_utf8_lossy(text).into_owned())
    };
    let message = field(b'M').unwrap_or_else(|| "nothing".to_owned());
    let message = match field(b'P') {
        Some(position) => format!("{message} at character {position}"),
        None => message,
    };
    PgError::Sql { code: field(b'C').unwrap_or_default(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_code_and_message() {
        let error = read_error(b"SERROR\0VERROR\0C42P04\0Mdatabase \"a\" already exists\0\0");
        assert_eq!(error.to_string(), "PostgreSQL says database \"a\" already exists (42P04)");
    }
}
