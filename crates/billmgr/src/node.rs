use smol_str::SmolStr;
use thin_vec::ThinVec;

/// An element with its attributes, children and text (protocol section 2.1), whatever format it came
/// in. Names and texts are read like a `&str`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// The element's name, such as `elem` or `item.id`.
    pub name: SmolStr,
    /// Attributes in order.
    pub attributes: ThinVec<(SmolStr, SmolStr)>,
    /// Child elements in order.
    pub children: ThinVec<Node>,
    /// The element's own text, joined and trimmed.
    pub text: SmolStr,
}

/// The vendor says no, in words (protocol sections 2.2 to 2.4). What happened is another question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorError {
    /// `type` (5/6) or `code` (4): `auth`, `missed`, `2` …; never decides about money.
    pub kind: String,
    /// What it is about.
    pub object: String,
    /// For a person to read; may be in any language.
    pub message: String,
}

impl Node {
    /// The first child of this name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The first of this name among the children, else among their children. Some servers write
    /// `/doc/doc/newexpiredate` where others write `/doc/newexpiredate` (protocol section 0, item 7).
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Node> {
        self.child(name).or_else(|| self.children.iter().find_map(|child| child.child(name)))
    }

    /// The text of the first child of this name, if it is not empty.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str()).filter(|text| !text.is_empty())
    }

    /// An attribute's value.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// An enumeration's stable code: the `orig` attribute of a child, else its text, which may be
    /// localised (protocol section 2.1).
    #[must_use]
    pub fn code(&self, name: &str) -> Option<&str> {
        let child = self.child(name)?;
        child.attribute("orig").or(Some(child.text.as_str())).filter(|code| !code.is_empty())
    }

    /// The rows of a list answer.
    pub fn elems(&self) -> impl Iterator<Item = &Node> {
        self.children.iter().filter(|child| child.name == "elem")
    }

    /// Whether the action is confirmed in so many words: `<ok/>`, or bjson's `"ok": true`, but not
    /// `"ok": false` (protocol sections 2.1 and 2.3).
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.child("ok").is_some_and(|ok| ok.text != "false")
    }

    /// Replaces every occurrence of these texts, here and below: a server may repeat what it was
    /// sent, credentials included.
    pub fn redact(&mut self, secrets: &[&str]) {
        for secret in secrets.iter().filter(|secret| secret.len() >= 6) {
            if self.text.contains(secret) {
                self.text = self.text.replace(secret, "[redacted]").into();
            }
            for (_, value) in &mut self.attributes {
                if value.contains(secret) {
                    *value = value.replace(secret, "[redacted]").into();
                }
            }
        }
        for child in &mut self.children {
            child.redact(secrets);
        }
    }

    /// The error in this document, of generation 5/6 (`type`, `msg`) or 4 (`code`, text); protocol
    /// sections 2.2 to 2.4.
    #[must_use]
    pub fn error(&self) -> Option<VendorError> {
        if self.child("authfail").is_some() {
            return Some(VendorError {
                kind: "auth".to_owned(),
                object: String::new(),
                message: "authentication failed".to_owned(),
            });
        }
        let error = self.child("error")?;
        let either = |one: &str, other: &str| {
            error.attribute(one).or(error.attribute(other)).unwrap_or_default().to_owned()
        };
        let message =
            error.value("msg").or(error.value("detail")).unwrap_or(&error.text).to_owned();
        Some(VendorError { kind: either("type", "code"), object: either("object", "obj"), message })
    }
}
