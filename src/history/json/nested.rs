//! Arrays and objects of a field, whatever they hold: read over without recursion.

use super::{Cursor, Reason};

/// An unknown field may nest so deep: as many brackets as fit into the bits of [`Brackets`].
const MAX_DEPTH: u32 = 128;

impl<'a> Cursor<'a> {
    /// An array or an object, whatever it holds.
    pub(super) fn nested(&mut self) -> Result<&'a str, Reason> {
        let start = self.at;
        let mut open = Brackets::default();
        loop {
            self.skip_space();
            match self.peek() {
                Some(bracket @ (b'[' | b'{')) => {
                    open.push(bracket == b'{').map_err(|()| self.too_deep())?;
                    self.at += 1;
                    if self.take(if bracket == b'{' { b'}' } else { b']' }) {
                        open.pop();
                    } else {
                        self.name_in(&open)?;
                        continue;
                    }
                }
                _ => drop(self.value_without_brackets()?),
            }
            if !self.closed(&mut open)? {
                continue;
            }
            return Ok(&self.text[start..self.at]);
        }
    }

    /// After a value: closes what ends here, or goes on to the next value. Whether all is closed.
    fn closed(&mut self, open: &mut Brackets) -> Result<bool, Reason> {
        while let Some(object) = open.top() {
            if self.take(b',') {
                self.name_in(open)?;
                return Ok(false);
            }
            self.expect(if object { b'}' } else { b']' })?;
            open.pop();
        }
        Ok(true)
    }

    /// In an object, the name and colon that stand before each value.
    fn name_in(&mut self, open: &Brackets) -> Result<(), Reason> {
        if open.top() != Some(true) {
            return Ok(());
        }
        self.skip_space();
        if self.peek() != Some(b'"') {
            return Err(self.expected("the name of a field in quotes"));
        }
        self.string()?;
        self.expect(b':')
    }

    fn value_without_brackets(&mut self) -> Result<(), Reason> {
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            _ => self.bare().map(drop),
        }
    }

    fn too_deep(&self) -> Reason {
        format!("column {}: more than {MAX_DEPTH} brackets are open", self.column())
    }
}

/// The brackets that are open: a bit for each, set for those of an object.
#[derive(Debug, Default)]
struct Brackets {
    objects: u128,
    depth: u32,
}

impl Brackets {
    fn push(&mut self, object: bool) -> Result<(), ()> {
        if self.depth == MAX_DEPTH {
            return Err(());
        }
        self.objects = self.objects << 1 | u128::from(object);
        self.depth += 1;
        Ok(())
    }

    fn pop(&mut self) {
        self.objects >>= 1;
        self.depth = self.depth.saturating_sub(1);
    }

    fn top(&self) -> Option<bool> {
        (self.depth > 0).then_some(self.objects & 1 == 1)
    }
}
