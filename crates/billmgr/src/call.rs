use std::borrow::Cow;
use std::fmt;

/// One request: a function and its parameters, in order, without credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    func: Cow<'static, str>,
    params: Vec<(String, String)>,
}

impl Call {
    /// A call of `func`; which functions an account has is data, so the name may be read from it.
    #[must_use]
    pub fn new(func: impl Into<Cow<'static, str>>) -> Self {
        Self { func: func.into(), params: Vec::new() }
    }

    /// The same call with one more parameter.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }

    /// The function's name.
    #[must_use]
    pub fn func(&self) -> &str {
        &self.func
    }

    /// The parameters, `func` not among them.
    #[must_use]
    pub fn params(&self) -> &[(String, String)] {
        &self.params
    }
}

/// One readable line for logs, evidence and snapshots: `soft.edit elid=7 sok=ok`.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.func)?;
        for (name, value) in &self.params {
            write!(f, " {name}={value}")?;
        }
        Ok(())
    }
}
