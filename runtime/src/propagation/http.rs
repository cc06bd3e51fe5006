//! Headers of HTTP.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Extractor, Injector};

impl Extractor for HeaderMap {
    fn each_value(&self, name: &str, each: &mut dyn FnMut(&str)) {
        self.get_all(name).iter().filter_map(|value| value.to_str().ok()).for_each(each);
    }

    fn each_header(&self, each: &mut dyn FnMut(&str, &str)) {
        for (name, value) in self {
            if let Ok(value) = value.to_str() {
                each(name.as_str(), value);
            }
        }
    }
}

impl Injector for HeaderMap {
    fn set(&mut self, name: &str, value: String) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            // A map has a bound of its own.
            let _ = self.try_insert(name, value);
        }
    }
}
