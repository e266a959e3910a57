use std::fmt;

/// One request: a function and its parameters, in order, without credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    func: &'static str,
    params: Vec<(String, String)>,
}

impl Call {
    /// A call of `func`.
    #[must_use]
    pub fn new(func: &'static str) -> Self {
        Self { func, params: Vec::new() }
    }

    /// The same call with one more parameter.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }

    /// The function's name.
    #[must_use]
    pub const fn func(&self) -> &'static str {
        self.func
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
        f.write_str(self.func)?;
        for (name, value) in &self.params {
            write!(f, " {name}={value}")?;
        }
        Ok(())
    }
}
