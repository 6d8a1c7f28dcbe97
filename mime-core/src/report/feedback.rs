//! Feedback reports: ARF (RFC 5965), with failed authentication (RFC 6591, RFC 6692, RFC 7489).

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv6Addr};

use crate::body::base64;
use crate::field::Field;
use crate::field::date::DateTime;
use crate::field::lex;
use crate::field::param::skip_cfws;
use crate::header::Header;
use crate::report::Parts;
use crate::report::group::{self, Block, Typed};

/// A complaint about a mail, or a failed authentication. All of it is what the reporter says.
#[derive(Clone, Copy, Debug)]
pub struct Feedback<'a> {
    parts: Parts<'a>,
    body: Block<'a>,
}

impl<'a> Feedback<'a> {
    pub(super) fn new(parts: Parts<'a>, body: Block<'a>) -> Self {
        Feedback { parts, body }
    }

    /// The parts that the report is made of.
    pub fn parts(&self) -> Parts<'a> {
        self.parts
    }

    /// Its fields.
    pub fn fields(&self) -> Header<'a> {
        self.body.groups().next().unwrap_or_default().header()
    }

    fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        group::text(self.fields(), name)
    }

    fn field(&self, name: &str) -> Option<Field<'a>> {
        group::field(self.fields(), name)
    }

    fn number<N: core::str::FromStr>(&self, name: &str) -> Option<N> {
        let word = group::word(self.fields(), name)?;
        let digits = word.iter().all(u8::is_ascii_digit).then_some(word)?;
        str::from_utf8(digits).ok()?.parse().ok()
    }

    /// Feedback-Type, if it is one that is registered.
    pub fn feedback_type(&self) -> Option<FeedbackType> {
        FeedbackType::of(group::word(self.fields(), "Feedback-Type")?)
    }

    /// User-Agent: what made the report.
    pub fn user_agent(&self) -> Option<Cow<'a, str>> {
        self.text("User-Agent")
    }

    /// Version of the format: 1. Older reports say 0.1, which is no version and `None` here.
    pub fn version(&self) -> Option<u32> {
        let field = self.field("Version")?;
        let mut words = lex::atoms(field.value_raw());
        let only = words.next().filter(|_| words.next().is_none())?;
        str::from_utf8(only).ok()?.parse().ok()
    }

    /// Arrival-Date, or Received-Date as it was called before: when the mail came in.
    pub fn arrival_date(&self) -> Option<DateTime> {
        let field = self.field("Arrival-Date");
        field.or_else(|| self.field("Received-Date"))?.date()
    }

    /// Incidents: how many mails the report stands for; 1 if it does not say.
    pub fn incidents(&self) -> u32 {
        self.number("Incidents").unwrap_or(1)
    }

    /// Original-Envelope-Id: what the sender gave as ENVID.
    pub fn envelope_id(&self) -> Option<Cow<'a, str>> {
        self.text("Original-Envelope-Id")
    }

    /// Original-Mail-From: the reverse path, without angle brackets; empty for the null path.
    pub fn mail_from(&self) -> Option<Cow<'a, str>> {
        self.field("Original-Mail-From").map(path)
    }

    /// Original-Rcpt-To: the forward paths, without angle brackets.
    pub fn recipients(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        self.fields().named("Original-Rcpt-To").map(path)
    }

    /// Reporting-MTA: whose mail system reports.
    pub fn reporting_mta(&self) -> Option<Typed<'a>> {
        group::typed(self.fields(), "Reporting-MTA")
    }

    /// Source-IP: where the mail came from. An address of IPv6 may be tagged, brackets are allowed.
    pub fn source_ip(&self) -> Option<IpAddr> {
        let value = skip_cfws(self.field("Source-IP")?.value_raw());
        let is_part = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b'.' | b':');
        let value = value.strip_prefix(b"[").unwrap_or(value);
        let tagged = value.split_at_checked(5);
        let tagged = tagged.filter(|(tag, _)| tag.eq_ignore_ascii_case(b"ipv6:"));
        let value = tagged.map_or(value, |(_, address)| address);
        let end = value.iter().position(|b| !is_part(b));
        let text = str::from_utf8(value.get(..end.unwrap_or(value.len()))?).ok()?;
        match tagged {
            Some(_) => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
            None => text.parse().ok(),
        }
    }

    /// Source-Port: from which port of that address (RFC 6692).
    pub fn source_port(&self) -> Option<u16> {
        self.number("Source-Port")
    }

    /// Authentication-Results, field by field: read each with its type.
    pub fn authentication_results(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        self.fields().named("Authentication-Results")
    }

    /// Reported-Domain.
    pub fn reported_domains(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        group::texts(self.fields(), "Reported-Domain")
    }

    /// Reported-URI. It may be hostile: never fetch it unasked.
    pub fn reported_uris(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        group::texts(self.fields(), "Reported-URI")
    }

    /// Removal-Recipient: which address is to be taken from a list (early drafts of the format).
    pub fn removal_recipients(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        self.fields().named("Removal-Recipient").map(path)
    }

    /// Auth-Failure: which check failed.
    pub fn auth_failure(&self) -> Option<AuthFailure> {
        AuthFailure::of(group::word(self.fields(), "Auth-Failure")?)
    }

    /// Delivery-Result: what became of the mail.
    pub fn delivery_result(&self) -> Option<DeliveryResult> {
        DeliveryResult::of(group::word(self.fields(), "Delivery-Result")?)
    }

    /// DKIM-Domain: the `d=` of the signature.
    pub fn dkim_domain(&self) -> Option<Cow<'a, str>> {
        self.text("DKIM-Domain")
    }

    /// DKIM-Identity: the `i=` of the signature.
    pub fn dkim_identity(&self) -> Option<Cow<'a, str>> {
        self.text("DKIM-Identity")
    }

    /// DKIM-Selector: the `s=` of the signature.
    pub fn dkim_selector(&self) -> Option<Cow<'a, str>> {
        self.text("DKIM-Selector")
    }

    /// DKIM-Canonicalized-Header, decoded.
    pub fn dkim_canonicalized_header(&self) -> Option<Vec<u8>> {
        self.field("DKIM-Canonicalized-Header").map(decoded)
    }

    /// DKIM-Canonicalized-Body, decoded.
    pub fn dkim_canonicalized_body(&self) -> Option<Vec<u8>> {
        self.field("DKIM-Canonicalized-Body").map(decoded)
    }

    /// DKIM-ADSP-DNS: the ADSP record that was found.
    pub fn dkim_adsp_dns(&self) -> Option<Cow<'a, str>> {
        self.text("DKIM-ADSP-DNS")
    }

    /// DKIM-Selector-DNS: the key record that was found.
    pub fn dkim_selector_dns(&self) -> Option<Cow<'a, str>> {
        self.text("DKIM-Selector-DNS")
    }

    /// SPF-DNS: the SPF records that were found.
    pub fn spf_dns(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        group::texts(self.fields(), "SPF-DNS")
    }

    /// Identity-Alignment: the methods that gave an aligned identity, `dkim` and `spf` (RFC 7489
    /// appendix C). Nothing if it says `none`.
    pub fn aligned(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let value = self.field("Identity-Alignment");
        let value = value.map_or(&b""[..], |field| field.value_raw());
        lex::atoms(value).filter(|word| !word.eq_ignore_ascii_case(b"none"))
    }
}

/// A path without angle brackets: an address, or nothing; as it stands if it is neither.
fn path(field: Field<'_>) -> Cow<'_, str> {
    let value = field.value_raw().trim_ascii();
    match group::address(value) {
        Some(address) => Cow::Owned(address),
        None if value == b"<>" => Cow::Borrowed(""),
        None => field.text(),
    }
}

fn decoded(field: Field<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    base64::decode_all(field.value_raw(), &mut out);
    out
}

/// Makes an enum of words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$line:meta])* $case:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$line])* #[cfg_attr(feature = "serde", serde(rename = $word))] $case,)*
        }

        impl $name {
            /// The word, as it is registered.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$case => $word,)*
                }
            }

            fn of(word: &[u8]) -> Option<Self> {
                let all = [$($name::$case),*];
                let mut all = all.into_iter();
                all.find(|one| one.as_str().as_bytes().eq_ignore_ascii_case(word))
            }
        }
    };
}

words! {
    /// What a feedback report is about (RFC 5965 section 7.3 and its registry).
    FeedbackType {
        /// Spam, or something else nobody asked for.
        Abuse = "abuse",
        /// A failed authentication (RFC 6591).
        AuthFailure = "auth-failure",
        /// Fraud or phishing.
        Fraud = "fraud",
        /// It was taken for spam, and is none (RFC 6430).
        NotSpam = "not-spam",
        /// Something else.
        Other = "other",
        /// A virus.
        Virus = "virus",
    }
}

words! {
    /// Which check failed (RFC 6591 section 3.3).
    AuthFailure {
        /// The mail is not signed as its author's domain says.
        Adsp = "adsp",
        /// The body is not the one that was signed.
        BodyHash = "bodyhash",
        /// No identity agrees with the author's domain (RFC 7489).
        Dmarc = "dmarc",
        /// The key was revoked.
        Revoked = "revoked",
        /// The signature does not fit.
        Signature = "signature",
        /// SPF gave no pass.
        Spf = "spf",
    }
}

words! {
    /// What became of a mail (RFC 6591 section 3.2.2).
    DeliveryResult {
        /// It was delivered somewhere.
        Delivered = "delivered",
        /// Something else.
        Other = "other",
        /// It was not delivered to the inbox, by policy.
        Policy = "policy",
        /// It was rejected.
        Reject = "reject",
        /// It was delivered as spam.
        Spam = "spam",
    }
}
