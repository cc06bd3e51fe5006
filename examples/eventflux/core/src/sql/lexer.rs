//! From text to words.

use super::{At, SqlError};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Word(String),
    Int(i64),
    Double(f64),
    Text(String),
    Symbol(&'static str),
    End,
}

impl Token {
    /// As errors show it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Word(word) => format!("`{word}`"),
            Self::Int(value) => format!("`{value}`"),
            Self::Double(value) => format!("`{value}`"),
            // It may be a secret.
            Self::Text(_) => "a text".to_owned(),
            Self::Symbol(symbol) => format!("`{symbol}`"),
            Self::End => "the end".to_owned(),
        }
    }
}

/// The longer ones first.
const SYMBOLS: [&str; 17] =
    ["!=", "<>", "<=", ">=", "(", ")", ",", ";", ".", "*", "+", "-", "/", "=", "<", ">", "%"];

/// All words of a text, the end among them.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, At)>, SqlError> {
    let mut lexer = Lexer { rest: text, at: At { line: 1, column: 1 } };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks();
        let at = lexer.at;
        let token = lexer.next()?;
        let is_end = token == Token::End;
        tokens.push((token, at));
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    rest: &'a str,
    at: At,
}

impl<'a> Lexer<'a> {
    fn skip_blanks(&mut self) {
        loop {
            if self.rest.starts_with("--") {
                self.take_while(|c| c != '\n');
            } else if self.take_while(char::is_whitespace).is_empty() {
                return;
            }
        }
    }

    fn next(&mut self) -> Result<Token, SqlError> {
        let at = self.at;
        let Some(first) = self.rest.chars().next() else { return Ok(Token::End) };
        if first == '\'' {
            return self.text();
        }
        if first.is_ascii_digit() {
            return self.number();
        }
        if first.is_alphabetic() || first == '_' {
            return Ok(Token::Word(self.take_while(|c| c.is_alphanumeric() || c == '_').to_owned()));
        }
        match SYMBOLS.iter().find(|symbol| self.rest.starts_with(**symbol)) {
            Some(symbol) => {
                self.take(symbol.len());
                Ok(Token::Symbol(symbol))
            }
            None => {
                let hint = if first == '"' { "; texts are in single quotes" } else { "" };
                Err(at.error(format!("unexpected `{}`{hint}", first.escape_debug())))
            }
        }
    }

    /// `'it''s'`.
    fn text(&mut self) -> Result<Token, SqlError> {
        let at = self.at;
        let mut text = String::new();
        self.take(1);
        loop {
            text += self.take_while(|c| c != '\'');
            if self.rest.is_empty() {
                return Err(at.error("the text that begins here has no end; close it with `'`"));
            }
            self.take(1);
            if !self.rest.starts_with('\'') {
                return Ok(Token::Text(text));
            }
            text.push('\'');
            self.take(1);
        }
    }

    fn number(&mut self) -> Result<Token, SqlError> {
        let at = self.at;
        let number = self.take_while(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
        let number = number.replace('_', "");
        if let Ok(value) = number.parse() {
            return Ok(Token::Int(value));
        }
        match number.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Token::Double(value)),
            _ => Err(at.error(format!("`{number}` is no number"))),
        }
    }

    fn take_while(&mut self, is_wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !is_wanted(c)).unwrap_or(self.rest.len());
        self.take(end)
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        for c in taken.chars() {
            if c == '\n' {
                self.at = At { line: self.at.line + 1, column: 1 };
            } else {
                self.at.column += 1;
            }
        }
        self.rest = rest;
        taken
    }
}
