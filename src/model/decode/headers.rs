//! The headers that schema registries put before the payload. They say which schema wrote it, not what is in it.

/// Bytes of a Glue header: version, compression, the id of the schema version.
const GLUE_BYTES: usize = 18;
/// Bytes of a Confluent header: a zero and the number of the schema.
const CONFLUENT_BYTES: usize = 5;
/// Schema numbers are handed out from 1 on; more than this would be chance.
const CONFLUENT_MAX_ID: u32 = 10_000_000;

/// What a Glue header says (`AWSSchemaRegistryConstants.java` of aws-glue-schema-registry).
pub(super) struct Glue<'a> {
    /// Id of the schema version, a UUID.
    pub schema: String,
    /// Whether the payload is packed with zlib.
    pub is_zlib: bool,
    /// What is behind it.
    pub payload: &'a [u8],
}

/// The Glue header, where there is one: the version byte 3, compression 0 or 5, and a UUID of the usual form.
pub(super) fn glue(data: &[u8]) -> Option<Glue<'_>> {
    let (head, payload) = data.split_at_checked(GLUE_BYTES)?;
    let (is_zlib, id) = match head {
        [3, 0, id @ ..] => (false, id),
        [3, 5, id @ ..] => (true, id),
        _ => return None,
    };
    let is_uuid =
        id.get(6).is_some_and(|byte| (1..=8).contains(&(byte >> 4))) && id.get(8).is_some_and(|byte| byte >> 6 == 0b10);
    if !is_uuid {
        return None;
    }
    let mut schema = String::with_capacity(36);
    for (place, byte) in id.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            schema.push('-');
        }
        schema.push_str(&format!("{byte:02x}"));
    }
    Some(Glue { schema, is_zlib, payload })
}

/// The number of a Confluent header and what is behind it, where the data begins like one. A weak mark: any data may.
pub(super) fn confluent(data: &[u8]) -> Option<(u32, &[u8])> {
    let (head, payload) = data.split_at_checked(CONFLUENT_BYTES)?;
    let [0, number @ ..] = head else { return None };
    let id = number.iter().fold(0_u32, |id, byte| (id << 8) | u32::from(*byte));
    ((1..=CONFLUENT_MAX_ID).contains(&id) && !payload.is_empty()).then_some((id, payload))
}
