//! Where things stand on the page: a column for the time, one for the clients, and a lifeline for each server.
//!
//! A row marks the servers that act. Its text stands to the right of them, over other lifelines if need be; where there
//! is no room, to their left; and where there is none either, below.

use crate::process::NodeId;

/// The width of a page, in characters.
pub(super) const WIDTH: usize = 80;
/// Where the clients' column begins.
const CLIENT: usize = 10;
/// The most room between two lifelines, and the room that is left to the right of the last one.
const MOST_SPACE: usize = 8;
const RIGHT_ROOM: usize = 8;
/// With this much room, a text that is longer goes over several lines.
const ROOMY: usize = 34;
/// The clients' column is as wide as this.
const CLIENT_ROOM: usize = 17;

/// What stands on the lifeline of a server that acts.
const MARK: char = '●';

/// What a server's lifeline says of it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lifeline {
    Running,
    Paused,
    Down,
}

impl Lifeline {
    fn sign(self) -> char {
        match self {
            Lifeline::Running => '│',
            Lifeline::Paused => '┊',
            Lifeline::Down => ' ',
        }
    }
}

/// The page that a trace is written on.
#[derive(Debug)]
pub(super) struct Page {
    text: String,
    columns: Vec<usize>,
    lifelines: Vec<Lifeline>,
}

/// One row before it is laid out.
pub(super) struct Line<'a> {
    pub time: &'a str,
    pub client: &'a str,
    pub marks: &'a [NodeId],
    /// What stands on the lifelines of the marked servers, if it is not the usual mark.
    pub mark: Option<char>,
    pub items: Vec<String>,
}

/// Where the text of a row stands, seen from its marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Right,
    Left,
    Below,
}

impl Page {
    pub fn new(servers: u32) -> Self {
        let servers = servers as usize;
        let first = CLIENT + CLIENT_ROOM;
        let room = WIDTH - first - RIGHT_ROOM;
        let space = (room / servers.saturating_sub(1).max(1)).clamp(2, MOST_SPACE);
        let columns: Vec<usize> = (0..servers).map(|index| first + index * space).collect();
        let mut page =
            Page { text: String::new(), columns, lifelines: vec![Lifeline::Running; servers] };
        page.header();
        page
    }

    fn header(&mut self) {
        let mut first = Canvas::default();
        first.put(0, "  time ms");
        first.put(CLIENT, "client");
        let mut second = Canvas::default();
        let (names, alternate) = self.names();
        for (index, (column, name)) in self.columns.iter().zip(names).enumerate() {
            let lower = alternate && index % 2 == 1;
            let line = if lower { &mut second } else { &mut first };
            line.put(*column, &name);
        }
        self.text.push_str(&first.finish());
        if alternate {
            self.text.push_str(&second.finish());
        }
        self.text.push_str(&"─".repeat(WIDTH));
        self.text.push('\n');
    }

    /// What the servers are called above their lifelines, and whether every second name stands a line lower: `n10` where
    /// there is room, `10` where there is less, `n10` again where only two lines can part the names.
    fn names(&self) -> (Vec<String>, bool) {
        let servers = self.columns.len();
        let space = self.columns.windows(2).map(|pair| pair[1] - pair[0]).min();
        let fits = |longest: usize| space.is_none_or(|space| longest < space);
        let number = servers.to_string().len();
        let bare = !fits(number + 1) && fits(number);
        let letter = if bare { "" } else { "n" };
        let names = (1..=servers).map(|server| format!("{letter}{server}")).collect();
        (names, !fits(number))
    }

    /// From the next row on, the server's lifeline looks like this.
    pub fn turn(&mut self, node: NodeId, lifeline: Lifeline) {
        if let Some(line) = self.lifelines.get_mut((node.0 as usize).wrapping_sub(1)) {
            *line = lifeline;
        }
    }

    pub fn write(&mut self, line: &Line<'_>) {
        let marks: Vec<usize> = line.marks.iter().filter_map(|node| self.column(*node)).collect();
        let mut canvas = self.row(&marks, line.mark);
        canvas.put(0, line.time);
        let client_ends = CLIENT + line.client.chars().count();
        if marks.iter().any(|column| *column <= client_ends) {
            self.write_client_alone(line);
        } else {
            canvas.put(CLIENT, &padded(line.client));
        }
        let (place, room) = self.place(&marks, &line.items, client_ends);
        let mut texts = pack(&line.items, room).into_iter().peekable();
        if let Some(text) = texts.next_if(|_| place != Place::Below) {
            self.put(&mut canvas, &marks, place, &text);
        }
        self.text.push_str(&canvas.finish());
        for text in texts {
            let mut canvas = self.row(&[], line.mark);
            self.put(&mut canvas, &marks, place, &text);
            self.text.push_str(&canvas.finish());
        }
    }

    /// The client says too much for its column: it gets a row of its own.
    fn write_client_alone(&mut self, line: &Line<'_>) {
        let mut canvas = self.row(&[], line.mark);
        canvas.put(0, line.time);
        canvas.put(CLIENT, &padded(line.client));
        self.text.push_str(&canvas.finish());
    }

    fn column(&self, node: NodeId) -> Option<usize> {
        self.columns.get((node.0 as usize).wrapping_sub(1)).copied()
    }

    pub fn finish(self) -> String {
        self.text
    }

    /// A row with nothing but lifelines and marks. Who is down does not act, whatever happens there.
    fn row(&self, marks: &[usize], mark: Option<char>) -> Canvas {
        let mut canvas = Canvas::default();
        for (column, lifeline) in self.columns.iter().zip(&self.lifelines) {
            let sign = match (marks.contains(column), mark, lifeline) {
                (true, Some(mark), _) => mark,
                (true, None, Lifeline::Running | Lifeline::Paused) => MARK,
                _ => lifeline.sign(),
            };
            canvas.put(*column, &sign.to_string());
        }
        canvas
    }

    fn put(&self, canvas: &mut Canvas, marks: &[usize], place: Place, text: &str) {
        let (first, last) = self.ends(marks);
        match place {
            Place::Right => canvas.put(last + 2, &format!("{text} ")),
            Place::Left => {
                canvas.put(first.saturating_sub(text.chars().count() + 2), &format!(" {text} "));
            }
            Place::Below => canvas.put(self.left(), &format!("{text} ")),
        }
    }

    /// Where the text of a row goes, and how much room it has there.
    fn place(&self, marks: &[usize], items: &[String], client_ends: usize) -> (Place, usize) {
        let longest = items.iter().map(|item| item.chars().count()).max().unwrap_or(0);
        let (first, last) = self.ends(marks);
        let right = WIDTH.saturating_sub(last + 2);
        let left = first.saturating_sub(self.left().max(client_ends) + 2);
        match longest.min(ROOMY) {
            longest if longest <= right => (Place::Right, right),
            longest if longest <= left => (Place::Left, left),
            _ => (Place::Below, WIDTH - self.left()),
        }
    }

    fn ends(&self, marks: &[usize]) -> (usize, usize) {
        let first = marks.iter().min().copied().unwrap_or(self.left());
        (first, marks.iter().max().copied().unwrap_or(first))
    }

    fn left(&self) -> usize {
        self.columns.first().copied().unwrap_or(CLIENT)
    }
}

/// `text` with a space behind it, so that no lifeline touches it.
fn padded(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{text} ") }
}

/// One line of characters that can be written over.
#[derive(Default)]
struct Canvas(Vec<char>);

impl Canvas {
    /// Writes `text`, over whatever is there.
    fn put(&mut self, column: usize, text: &str) {
        let end = column + text.chars().count();
        if self.0.len() < end {
            self.0.resize(end, ' ');
        }
        for (place, c) in self.0[column..end].iter_mut().zip(text.chars()) {
            *place = c;
        }
    }

    fn finish(self) -> String {
        let line: String = self.0.into_iter().collect();
        format!("{}\n", line.trim_end())
    }
}

/// Fills lines of `width` with items, two spaces apart; an item that is too long goes over several lines.
fn pack(items: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in items.iter().flat_map(|item| broken(item, width)) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 2 + piece.chars().count() <= width => {
                line.push_str("  ");
                line.push_str(&piece);
            }
            _ => lines.push(piece),
        }
    }
    lines
}

/// `text` in pieces of at most `width`, broken at spaces where there are some, but not inside `(SET, x, 7)`.
fn broken(text: &str, width: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest: Vec<char> = text.chars().collect();
    while rest.len() > width {
        let end = last_space(&rest[..width]).unwrap_or(width).max(1);
        let tail = rest.split_off(end);
        pieces.push(rest.into_iter().collect());
        rest = tail.into_iter().skip_while(|c| *c == ' ').collect();
    }
    pieces.push(rest.into_iter().collect());
    pieces
}

/// The last space that is in no parentheses, and has something before it.
fn last_space(text: &[char]) -> Option<usize> {
    let mut depth = 0;
    let mut last = None;
    for (index, c) in text.iter().enumerate().skip(1) {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ' ' if depth == 0 => last = Some(index),
            _ => {}
        }
    }
    last
}
