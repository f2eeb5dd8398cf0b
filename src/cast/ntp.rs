// SPDX-License-Identifier: GPL-3.0-or-later
//! Wall-clock stamps of RTCP: NTP time, the ids made of it, and the clock that produces them from [`Instant`]s.
//!
//! ```text
//!  63            48 47            32 31            16 15             0
//! +----------------+----------------+----------------+----------------+
//! |  seconds since 1900-01-01 UTC   |  fraction of a second, 1/2^32   |
//! +----------------+----------------+----------------+----------------+
//!                  |<-------- report id ------------>|
//! ```
//! A clock step of the host has no effect: [`NtpClock`] ties one instant to one wall-clock time at the start of a
//! session and is monotonic from then on.

use std::time::{Duration, Instant};

/// Seconds from 1900-01-01 (NTP) to 1970-01-01 (Unix). Source: RFC 5905, Open Screen `ntp_time.h`.
const UNIX_EPOCH_IN_NTP: u64 = 2_208_988_800;

/// A point of wall-clock time as RTCP carries it; see the module for its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NtpTime(pub u64);

/// The middle 32 bits of the NTP time of a sender report: the name by which a receiver report refers to it.
///
/// Unit: 1/65536 s; wraps every 65536 s. Zero in a report block means "no sender report has arrived yet".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ReportId(pub u32);

/// Time between the arrival of a sender report and the report that answers it, in 1/65536 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ReportDelay(pub u32);

impl NtpTime {
    /// From whole seconds since 1900 (modulo 2³²) and a fraction in 2⁻³² s.
    pub fn from_parts(seconds: u32, fraction: u32) -> NtpTime {
        NtpTime(u64::from(seconds) << 32 | u64::from(fraction))
    }

    /// From the time since the Unix epoch. Truncates; seconds wrap into NTP era 1 on 2036-02-07.
    pub fn from_unix(since_epoch: Duration) -> NtpTime {
        let seconds = since_epoch.as_secs().wrapping_add(UNIX_EPOCH_IN_NTP) as u32;
        NtpTime::from_parts(seconds, fraction_of(since_epoch.subsec_nanos()))
    }

    /// Time since the Unix epoch. Seconds before 1970 can only mean era 1, which began on 2036-02-07.
    pub fn to_unix(self) -> Duration {
        let seconds = u64::from(self.seconds());
        let era = if seconds < UNIX_EPOCH_IN_NTP {
            1 << 32
        } else {
            0
        };
        Duration::new(seconds + era - UNIX_EPOCH_IN_NTP, nanos_of(self.fraction()))
    }

    /// Whole seconds since 1900, modulo 2³².
    pub fn seconds(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The fraction of a second, in 2⁻³² s.
    pub fn fraction(self) -> u32 {
        self.0 as u32
    }

    /// The id of the sender report that carries this time.
    pub fn report_id(self) -> ReportId {
        ReportId((self.0 >> 16) as u32)
    }
}

impl ReportDelay {
    /// From the arrival of the sender report to `now`; 0 when that is negative, about 18 hours at most.
    pub fn between(arrival: Instant, now: Instant) -> ReportDelay {
        let micros = now.saturating_duration_since(arrival).as_micros();
        let ticks = micros.saturating_mul(65_536) / 1_000_000;
        ReportDelay(u32::try_from(ticks).unwrap_or(u32::MAX))
    }

    /// The same as a duration (truncated to nanoseconds).
    pub fn to_duration(self) -> Duration {
        Duration::from_nanos(u64::from(self.0) * 1_000_000_000 / 65_536)
    }
}

/// Nanoseconds as a fraction in 2⁻³² s, truncated: 10 ms is `0x028f_5c28`, as in the reference.
fn fraction_of(nanos: u32) -> u32 {
    ((u64::from(nanos) << 32) / 1_000_000_000) as u32
}

/// A fraction in 2⁻³² s as nanoseconds, truncated.
fn nanos_of(fraction: u32) -> u32 {
    ((u64::from(fraction) * 1_000_000_000) >> 32) as u32
}

/// Translates between [`Instant`]s and [`NtpTime`] by one pair fixed at the start of the session.
///
/// As in the reference the pair holds whole seconds, so the absolute time may be up to one second early. That is
/// harmless: peers only look at differences.
#[derive(Debug, Clone, Copy)]
pub struct NtpClock {
    origin: Instant,
    origin_unix: Duration,
}

impl NtpClock {
    /// Fixes the pair: `now` is the moment when the wall clock says `unix_time` since the Unix epoch.
    pub fn new(now: Instant, unix_time: Duration) -> NtpClock {
        NtpClock {
            origin: now,
            origin_unix: Duration::from_secs(unix_time.as_secs()),
        }
    }

    /// From now on stamps are later by `span`: the clock of [`Instant`] stood still for so long, the wall clock did not.
    pub fn advance(&mut self, span: Duration) {
        self.origin_unix = self.origin_unix.saturating_add(span);
    }

    /// The stamp for an instant. Instants before 1970 by this clock give the stamp of 1970.
    pub fn to_ntp(&self, instant: Instant) -> NtpTime {
        let unix = match instant.checked_duration_since(self.origin) {
            Some(later) => self.origin_unix.saturating_add(later),
            None => self
                .origin_unix
                .saturating_sub(self.origin.duration_since(instant)),
        };
        NtpTime::from_unix(unix)
    }

    /// Nanoseconds from the clock's origin to a stamp of *any* clock, negative when it is earlier.
    ///
    /// Fits always: NTP time covers less than 2³³ seconds.
    pub fn nanos_since_origin(&self, time: NtpTime) -> i64 {
        signed_nanos(time.to_unix(), self.origin_unix)
    }

    /// Nanoseconds from the clock's origin to an instant, negative when it is earlier; saturates after 292 years.
    pub fn nanos_of_instant(&self, instant: Instant) -> i64 {
        match instant.checked_duration_since(self.origin) {
            Some(later) => saturating_nanos(later),
            None => -saturating_nanos(self.origin.duration_since(instant)),
        }
    }

    /// The inverse of [`NtpClock::nanos_of_instant`]; `None` when the platform's `Instant` cannot express it.
    pub fn instant_at_nanos(&self, nanos: i64) -> Option<Instant> {
        let distance = Duration::from_nanos(nanos.unsigned_abs());
        if nanos < 0 {
            self.origin.checked_sub(distance)
        } else {
            self.origin.checked_add(distance)
        }
    }
}

fn saturating_nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

fn signed_nanos(a: Duration, b: Duration) -> i64 {
    match a.checked_sub(b) {
        Some(later) => saturating_nanos(later),
        None => -saturating_nanos(b.saturating_sub(a)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_fixed_to_whole_seconds_and_then_monotonic() {
        let start = Instant::now();
        let clock = NtpClock::new(start, Duration::new(1_700_000_000, 900_000_000));
        assert_eq!(clock.to_ntp(start), NtpTime(0xe8fe_6f80_0000_0000));
        assert_eq!(
            clock.to_ntp(start + Duration::from_millis(10)),
            NtpTime(0xe8fe_6f80_028f_5c28)
        );
        assert_eq!(
            clock.to_ntp(start.checked_sub(Duration::from_millis(500)).unwrap()),
            NtpTime(0xe8fe_6f7f_8000_0000)
        );
    }

    #[test]
    fn instants_survive_the_way_through_ntp_time_within_a_nanosecond() {
        let start = Instant::now();
        let clock = NtpClock::new(start, Duration::from_secs(1_700_000_000));
        for micros in [0, 1, 999_999, 1_000_000, 86_400_000_000] {
            let instant = start + Duration::from_micros(micros);
            let nanos = clock.nanos_since_origin(clock.to_ntp(instant));
            assert!((clock.nanos_of_instant(instant) - nanos).abs() <= 1);
            assert_eq!(
                clock.instant_at_nanos(clock.nanos_of_instant(instant)),
                Some(instant)
            );
        }
    }

    #[test]
    fn any_stamp_of_a_foreign_clock_has_a_distance() {
        let clock = NtpClock::new(Instant::now(), Duration::from_secs(1_700_000_000));
        for stamp in [0, u64::MAX, 0x83aa_7e80_0000_0000, 0x83aa_7e7f_ffff_ffff] {
            let nanos = clock.nanos_since_origin(NtpTime(stamp));
            assert!(
                nanos.abs() < 5_000_000_000_000_000_000,
                "{stamp:x}: {nanos}"
            );
        }
    }

    #[test]
    fn era_one_begins_where_the_seconds_wrap() {
        let last = NtpTime(0xffff_ffff_0000_0000).to_unix();
        let first = NtpTime(0).to_unix();
        assert_eq!(first.abs_diff(last), Duration::from_secs(1));
    }

    #[test]
    fn a_report_delay_reads_back_as_a_duration() {
        assert_eq!(ReportDelay(65_536).to_duration(), Duration::from_secs(1));
        assert_eq!(
            ReportDelay(32_768).to_duration(),
            Duration::from_millis(500)
        );
    }
}
