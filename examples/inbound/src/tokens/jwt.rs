//! JSON Web Tokens that are signed (RFC 7519, RFC 7515), and nothing that is not (RFC 8725).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};

use super::{
    claims::Claims,
    keys::{Algorithm, Keys},
    refusal::Refusal,
};

/// A token whose signature was not looked at. What it says cannot be read before it was.
#[derive(Debug)]
pub struct Unverified<'t> {
    algorithm: Algorithm,
    key: Option<String>,
    /// Header and claims, as they were signed.
    signed: &'t [u8],
    claims: &'t str,
    signature: Vec<u8>,
}

impl<'t> Unverified<'t> {
    /// Takes a token apart.
    pub fn read(token: &'t str) -> Result<Self, Refusal> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::NoToken)?;
        let (header, claims) = signed.split_once('.').ok_or(Refusal::NoToken)?;
        if claims.contains('.') {
            // Five parts are one that is encrypted.
            return Err(Refusal::NoToken);
        }
        let header = Claims::read(&decode(header)?).map_err(|_| Refusal::NoToken)?;
        let algorithm = header.text("alg").ok().flatten();
        let algorithm = algorithm.and_then(Algorithm::from_name);
        // RFC 7515 section 4.1.11: nothing that must be understood is.
        if header.get("crit").is_some() || !is_token(&header) {
            return Err(Refusal::Header);
        }
        Ok(Unverified {
            algorithm: algorithm.ok_or(Refusal::Algorithm)?,
            key: header.text("kid")?.map(Into::into),
            signed: signed.as_bytes(),
            claims,
            signature: decode(signature)?,
        })
    }

    /// What it says, if one of the keys signed it.
    ///
    /// Which algorithm a key is for is a matter of the key: that of the token only chooses among the
    /// keys. One without a key's name is taken where one key fits.
    pub fn verify(&self, keys: &Keys) -> Result<Claims, Refusal> {
        let mut fitting = keys.fitting(self.algorithm, self.key.as_deref()).peekable();
        if fitting.peek().is_none() {
            return Err(Refusal::UnknownKey);
        }
        if !fitting.any(|key| key.signed(self.algorithm, self.signed, &self.signature)) {
            return Err(Refusal::Signature);
        }
        Claims::read(&decode(self.claims).map_err(|_| Refusal::Claims)?)
    }
}

/// Is it an access token or a token of no kind? Others are signed by the same keys, and mean
/// something else (RFC 8725 section 3.11).
fn is_token(header: &Claims) -> bool {
    let Some(kind) = header.get("typ") else {
        return true;
    };
    kind.as_str().is_some_and(|kind| {
        let kind = kind.to_ascii_lowercase();
        let kind = kind.strip_prefix("application/").unwrap_or(&kind);
        matches!(kind, "jwt" | "at+jwt")
    })
}

fn decode(text: &str) -> Result<Vec<u8>, Refusal> {
    BASE64URL.decode(text).map_err(|_| Refusal::NoToken)
}
