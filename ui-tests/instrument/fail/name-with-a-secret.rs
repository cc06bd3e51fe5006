use spanwright::{Secret, instrument};

#[instrument(name = "login {password:?}")]
fn login(password: &Secret<String>) {
    let _password = password;
}

#[instrument(name = "enter {card}")]
fn enter(card: &Secret<String>) {
    let _card = card;
}

fn main() {
    login(&Secret::new("secret".to_owned()));
    enter(&Secret::new("secret".to_owned()));
}
