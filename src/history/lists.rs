//! The lists that were read, as one tree of prefixes.
//!
//! Reads of a list that only grows are prefixes of each other. A tree with one node per prefix holds a thousand reads of a
//! thousand elements in a thousand nodes, and "is this a prefix of that" becomes a walk towards the root.

use super::ValueId;
use std::collections::HashMap;

/// A list, as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListId(pub u32);

impl ListId {
    /// The list without elements.
    pub const EMPTY: ListId = ListId(0);
}

#[derive(Debug, Clone, Copy)]
struct Node {
    parent: u32,
    element: ValueId,
    length: u32,
}

/// All lists of a history.
#[derive(Debug, Clone)]
pub struct Lists {
    nodes: Vec<Node>,
    children: HashMap<(u32, u32), u32, rustc_hash::FxBuildHasher>,
}

impl Default for Lists {
    fn default() -> Self {
        let root = Node { parent: 0, element: ValueId::ABSENT, length: 0 };
        Lists { nodes: vec![root], children: HashMap::default() }
    }
}

impl Lists {
    /// The list that is `list` with `element` at its end.
    pub fn push(&mut self, list: ListId, element: ValueId) -> ListId {
        let next = self.nodes.len() as u32;
        let child = *self.children.entry((list.0, element.0)).or_insert(next);
        if child == next {
            let length = self.nodes[list.0 as usize].length + 1;
            self.nodes.push(Node { parent: list.0, element, length });
        }
        ListId(child)
    }

    /// The list that is `list` with `element` at its end, where any such list was read.
    pub fn child(&self, list: ListId, element: ValueId) -> Option<ListId> {
        self.children.get(&(list.0, element.0)).map(|&child| ListId(child))
    }

    /// How many elements it has.
    pub fn length(&self, list: ListId) -> u32 {
        self.nodes[list.0 as usize].length
    }

    /// The list without its last element, and that element; nothing of the empty list.
    pub fn pop(&self, list: ListId) -> Option<(ListId, ValueId)> {
        let node = self.nodes[list.0 as usize];
        (node.length > 0).then_some((ListId(node.parent), node.element))
    }

    /// Its elements, first to last.
    pub fn elements(&self, list: ListId) -> Vec<ValueId> {
        let mut elements = Vec::with_capacity(self.length(list) as usize);
        let mut rest = list;
        while let Some((shorter, element)) = self.pop(rest) {
            elements.push(element);
            rest = shorter;
        }
        elements.reverse();
        elements
    }
}

#[cfg(test)]
mod tests {
    use super::{ListId, Lists, ValueId};

    #[test]
    fn prefixes_are_shared() {
        let mut lists = Lists::default();
        let one = lists.push(ListId::EMPTY, ValueId(1));
        let two = lists.push(one, ValueId(2));
        assert_eq!(lists.push(ListId::EMPTY, ValueId(1)), one);
        assert_eq!(lists.elements(two), [ValueId(1), ValueId(2)]);
        assert_eq!((lists.pop(two), lists.child(two, ValueId(3))), (Some((one, ValueId(2))), None));
    }
}
