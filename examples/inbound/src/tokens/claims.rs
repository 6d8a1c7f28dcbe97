//! What a token says, as JSON.

use std::{collections::HashMap, fmt};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;

use super::refusal::Refusal;

/// A JSON object in which no name comes twice: whoever reads the first and whoever reads the last
/// would not agree on what was signed.
#[derive(Debug, Default)]
pub struct Claims(HashMap<String, Value>);

/// A time further away is one that does not come: 2^53, up to which floats count exactly.
const FOR_EVER: f64 = 9_007_199_254_740_992.0;

impl Claims {
    /// Reads an object.
    pub fn read(json: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(json).map_err(|_| Refusal::Claims)
    }

    /// Is there one of this name? `null` is none.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A string that is not empty.
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, Refusal> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let text = value.as_str().filter(|text| !text.is_empty());
        text.map(Some).ok_or(Refusal::Claim(name))
    }

    /// Seconds of the epoch (RFC 7519 section 2), a fraction cut off.
    pub fn time(&self, name: &'static str) -> Result<Option<u64>, Refusal> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let seconds = value.as_f64().filter(|at| (0.0..=FOR_EVER).contains(at));
        let seconds = seconds.ok_or(Refusal::Claim(name))?;
        // In range: no octet is lost but the fraction.
        Ok(Some(seconds as u64))
    }

    /// One string, or several (RFC 7519 section 4.1.3).
    pub fn texts(&self, name: &'static str) -> Result<Vec<&str>, Refusal> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::String(one)) => Ok(vec![one]),
            Some(Value::Array(several)) => {
                let texts = several.iter().map(Value::as_str);
                texts.collect::<Option<_>>().ok_or(Refusal::Claim(name))
            }
            Some(_) => Err(Refusal::Claim(name)),
        }
    }
}

impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Unique)
    }
}

struct Unique;

impl<'de> Visitor<'de> for Unique {
    type Value = Claims;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Claims, A::Error> {
        let mut claims = HashMap::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if claims.insert(name, value).is_some() {
                return Err(A::Error::custom("a name comes twice"));
            }
        }
        Ok(Claims(claims))
    }
}
