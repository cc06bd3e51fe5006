//! Metadata of gRPC.

use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue, KeyAndValueRef, MetadataMap};

use super::{Extractor, Injector};

impl Extractor for MetadataMap {
    fn each_value(&self, name: &str, each: &mut dyn FnMut(&str)) {
        self.get_all(name).iter().filter_map(|value| value.to_str().ok()).for_each(each);
    }

    fn each_header(&self, each: &mut dyn FnMut(&str, &str)) {
        for entry in self.iter() {
            if let KeyAndValueRef::Ascii(name, value) = entry {
                if let Ok(value) = value.to_str() {
                    each(name.as_str(), value);
                }
            }
        }
    }
}

impl Injector for MetadataMap {
    fn set(&mut self, name: &str, value: String) {
        let key = name.parse::<AsciiMetadataKey>();
        if let (Ok(key), Ok(value)) = (key, AsciiMetadataValue::try_from(value)) {
            self.insert(key, value);
        }
    }
}
