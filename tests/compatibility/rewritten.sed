# What our `#[instrument]` refuses, as its errors say to write it instead.

# A name alone declares no field, where a value may have been forgotten.
s/fields\(foo = "bar", empty\)/fields(foo = "bar", empty = Empty)/
s/fields\(app_id\)/fields(app_id = Empty)/
# A parameter is recorded by `record`.
s/fields\(%s, s\.len = s\.len\(\)\)/record(%s), fields(s.len = s.len())/
# Two attributes of one name are an error.
s/fields\(\{CLASHY_FIELD_NAME\} = "foo"\)/skip(s), fields({CLASHY_FIELD_NAME} = "foo")/
# A generic parent says that it is one.
s/Into<Option<Id>>/spanwright::AsParent/
