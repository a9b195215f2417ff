//! Stub.

/// One change of the schema. `text` may use the tokens `@id@`, `@key@` and the blocks `@sqlite … @end`, `@postgres … @end`.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    pub version: u32,
    pub name: &'static str,
    pub text: &'static str,
}
