use spanwright::Attributes;

#[derive(Attributes)]
#[attributes(prefx = "shop")]
struct Order<T> {
    #[attribute(key = 3)]
    number: u8,
    #[attribute(example = 7, redact = hsh)]
    name: String,
    #[attribute(redact = hash)]
    count: u32,
    #[attribute(skip, flatten)]
    event: T,
    api_token: String,
    #[attribute(key = "name", skip_if_none)]
    other: bool,
}

fn main() {}
