//! The words in which the engine speaks SQL: values, statements, failures, the clock.

use crate::store::{
    AccountId, BlobId, EmailId, Error, Flags, MailboxId, ModSeq, Sha256, ThreadId, Uid,
    UidValidity, directory::CredentialId,
};
use rusqlite::{
    Connection, ErrorCode, OptionalExtension, Params, Row, ToSql, ffi,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef},
};
use std::{
    io,
    time::{Duration, SystemTime},
};

/// What a transaction gives.
pub(super) type Done<T> = Result<T, Fault>;

/// Why a transaction cannot be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// The caller's to know.
    #[error(transparent)]
    Told(#[from] Error),
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("schema {found}, known are {known}")]
    TooNew { found: u32, known: u32 },
}

impl Fault {
    /// What the caller is told; what it is not told goes to the log.
    pub(super) fn told(self) -> Error {
        let error = match &self {
            Self::Told(error) => return *error,
            Self::Sql(rusqlite::Error::QueryReturnedNoRows) => return Error::NotFound,
            Self::Sql(rusqlite::Error::SqliteFailure(failure, _)) => match failure.code {
                // A row that does not exist was named, by the number of its account.
                _ if failure.extended_code == ffi::SQLITE_CONSTRAINT_FOREIGNKEY => {
                    return Error::NotFound;
                }
                ErrorCode::DiskFull => Error::Full,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Error::Corrupt,
                _ => Error::Busy,
            },
            Self::Io(error) => match error.kind() {
                io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::FileTooLarge => Error::Full,
                _ => Error::Busy,
            },
            Self::Sql(_) | Self::TooNew { .. } => Error::Busy,
        };
        tracing::error!(fault = %self, "storage failed");
        error
    }

    /// For a statement that can only violate the uniqueness of a name.
    pub(super) fn or_exists(self) -> Self {
        match self {
            Self::Sql(rusqlite::Error::SqliteFailure(failure, _))
                if failure.code == ErrorCode::ConstraintViolation =>
            {
                Self::Told(Error::Exists)
            }
            other => other,
        }
    }
}

/// Statements, prepared once a connection.
pub(super) trait Sql {
    /// Changes rows, and says how many.
    fn run(&self, sql: &str, with: impl Params) -> Done<usize>;

    /// The one row there must be; none is [`Error::NotFound`].
    fn one<T>(
        &self,
        sql: &str,
        with: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Done<T>;

    /// The first row, if there is one.
    fn find<T>(
        &self,
        sql: &str,
        with: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Done<Option<T>>;

    /// All rows.
    fn all<T>(
        &self,
        sql: &str,
        with: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Done<Vec<T>>;
}

impl Sql for Connection {
    fn run(&self, sql: &str, with: impl Params) -> Done<usize> {
        Ok(self.prepare_cached(sql)?.execute(with)?)
    }

    fn one<T>(
        &self,
        sql: &str,
        with: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Done<T> {
        Ok(self.prepare_cached(sql)?.query_row(with, read)?)
    }

    fn find<T>(
        &self,
        sql: &str,
        with: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Done<Option<T>> {
        Ok(self.prepare_cached(sql)?.query_row(with, read).optional()?)
    }

    fn all<T>(
        &self,
        sql: &str,
        with: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Done<Vec<T>> {
        Ok(self
            .prepare_cached(sql)?
            .query_map(with, read)?
            .collect::<rusqlite::Result<_>>()?)
    }
}

macro_rules! numbers {
    ($($name:ident)*) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(signed(u64::from(self.0))))
            }
        }
        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let number = value.as_i64()?;
                number.try_into().map($name).map_err(|_| FromSqlError::OutOfRange(number))
            }
        }
    )*};
}

numbers! { AccountId BlobId CredentialId EmailId MailboxId ModSeq ThreadId Uid UidValidity }

impl ToSql for Sha256 {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for Sha256 {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        FromSql::column_result(value).map(Sha256)
    }
}

/// A count as SQLite keeps it. No count here comes near the end of the range.
pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The two columns of flags: SQLite has 63 bits and a sign.
pub(super) fn columns(flags: Flags) -> (i64, i64) {
    let low = (1u128 << 63) - 1;
    ((flags.0 & low) as i64, (flags.0 >> 63 & low) as i64)
}

/// The flags of two columns.
pub(super) fn flags((low, high): (i64, i64)) -> Flags {
    Flags(low as u128 | (high as u128) << 63)
}

/// Reads two neighbouring columns as flags.
pub(super) fn flags_at(row: &Row<'_>, at: usize) -> rusqlite::Result<Flags> {
    Ok(flags((row.get(at)?, row.get(at + 1)?)))
}

/// The wall clock, in unix milliseconds.
pub(super) fn now() -> i64 {
    millis(SystemTime::now())
}

/// A time in unix milliseconds; before 1970 is 1970.
pub(super) fn millis(time: SystemTime) -> i64 {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A time from unix milliseconds.
pub(super) fn time(millis: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(millis.max(0) as u64)
}

/// The moment that was `ago` before `now`.
pub(super) fn before(now: i64, ago: Duration) -> i64 {
    now.saturating_sub(i64::try_from(ago.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_storable_bit_survives_the_columns() {
        for bit in 0..126 {
            let one = Flags(1 << bit);
            assert_eq!(flags(columns(one)), one, "{bit}");
        }
        assert_eq!(flags(columns(Flags(u128::MAX))), Flags::STORABLE);
    }
}
