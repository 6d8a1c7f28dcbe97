//! Types, dispositions, lists and tags.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::owned;
use crate::field::auto_submitted::{AutoKind, AutoSubmitted};
use crate::field::disposition::Disposition;
use crate::field::list::{ListId, ListUri};
use crate::field::media::MediaType;
use crate::field::param::Params;
use crate::field::tags::Tag;
use crate::field::text::line;

owned! {
    /// A parameter to be kept: joined and decoded (RFC 2231).
    ParamBuf {
        /// The name, in lower case.
        name: String,
        /// The value: [`Params::get`].
        value: String,
    }

    /// A [`MediaType`] to be kept.
    MediaTypeBuf {
        /// The type, in lower case.
        ty: String,
        /// The subtype, in lower case.
        subtype: String,
        /// The parameters.
        params: Vec<ParamBuf>,
    }

    /// A [`Disposition`] to be kept.
    DispositionBuf {
        /// The kind, in lower case.
        kind: String,
        /// The parameters.
        params: Vec<ParamBuf>,
    }

    /// An [`AutoSubmitted`] to be kept.
    AutoSubmittedBuf {
        /// [`AutoSubmitted::kind`]
        kind: AutoKind,
        /// [`AutoSubmitted::keyword`]
        keyword: String,
        /// The parameters.
        params: Vec<ParamBuf>,
    }

    /// A [`ListUri`] to be kept.
    ListUriBuf {
        /// [`ListUri::uri`]
        uri: String,
        /// [`ListUri::comment`]
        comment: Option<String>,
    }

    /// A [`ListId`] to be kept.
    ListIdBuf {
        /// The description, decoded.
        phrase: Option<String>,
        /// [`ListId::id`]
        id: String,
    }

    /// A [`Tag`] to be kept.
    TagBuf {
        /// The name.
        name: String,
        /// The value, unfolded.
        value: String,
    }
}

impl Params<'_> {
    /// All of them to be kept, each name once: [`decoded`](Self::decoded).
    pub fn into_owned(self) -> Vec<ParamBuf> {
        let params = self.decoded();
        params
            .map(|(name, value)| ParamBuf { name, value })
            .collect()
    }
}

impl MediaType<'_> {
    /// The same to be kept.
    pub fn into_owned(self) -> MediaTypeBuf {
        MediaTypeBuf {
            ty: lower(self.ty()),
            subtype: lower(self.subtype()),
            params: self.params_raw().into_owned(),
        }
    }
}

impl Disposition<'_> {
    /// The same to be kept.
    pub fn into_owned(self) -> DispositionBuf {
        DispositionBuf {
            kind: lower(self.kind()),
            params: self.params_raw().into_owned(),
        }
    }
}

impl AutoSubmitted<'_> {
    /// The same to be kept.
    pub fn into_owned(self) -> AutoSubmittedBuf {
        AutoSubmittedBuf {
            kind: self.kind(),
            keyword: self.keyword().into_owned(),
            params: self.params().into_owned(),
        }
    }
}

impl ListUri<'_> {
    /// The same to be kept.
    pub fn into_owned(self) -> ListUriBuf {
        ListUriBuf {
            uri: self.uri().into_owned(),
            comment: self.comment().map(Cow::into_owned),
        }
    }
}

impl ListId<'_> {
    /// The same to be kept.
    pub fn into_owned(self) -> ListIdBuf {
        ListIdBuf {
            phrase: self.phrase().map(|phrase| phrase.decoded().into_owned()),
            id: self.id().into_owned(),
        }
    }
}

impl Tag<'_> {
    /// The same to be kept.
    pub fn into_owned(self) -> TagBuf {
        TagBuf {
            name: self.name.into(),
            value: line(self.value).into_owned(),
        }
    }
}

fn lower(word: &[u8]) -> String {
    line(word).to_ascii_lowercase()
}
