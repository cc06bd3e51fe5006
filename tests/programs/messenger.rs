//! A program that publishes one message, or takes one: `messenger publish|consume nats|rabbitmq ADDRESS`. The trace goes with the
//! message, in its headers.
#![allow(clippy::print_stdout, reason = "a program talks to whoever started it")]

use std::error::Error;

use async_nats::HeaderMap;
use futures_lite::StreamExt;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use spanwright::propagation::{self, Baggage, setter};
use spanwright::{InContext, instrument};

type Anything = Result<(), Box<dyn Error>>;

const QUEUE: &str = "orders";

#[spanwright::main(service_name = "messenger")]
async fn main() -> Anything {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["publish", broker, address] => {
            let _baggage = Baggage::current().with_text("tenant", "acme")?.attach();
            match broker {
                "nats" => publish_to_nats(address).await,
                _ => publish_to_rabbitmq(address).await,
            }
        }
        ["consume", "nats", address] => consume_from_nats(address).await,
        ["consume", _, address] => consume_from_rabbitmq(address).await,
        _ => Err("messenger publish|consume nats|rabbitmq ADDRESS".into()),
    }
}

#[instrument(kind = consumer)]
async fn process(body: &[u8]) {
    let tenant = Baggage::current().get_text("tenant").unwrap_or("nobody").to_owned();
    println!("> {} of {tenant}", String::from_utf8_lossy(body));
}

/// A name as Go's clients write it.
fn capitalised(name: &str) -> String {
    name[..1].to_uppercase() + &name[1..]
}

#[instrument(kind = producer, err)]
async fn publish_to_nats(address: &str) -> Anything {
    let client = async_nats::connect(address).await?;
    let mut headers = HeaderMap::new();
    propagation::inject(&mut setter(|name: &str, value: String| headers.insert(capitalised(name), value)));
    client.publish_with_headers(QUEUE, headers, "an order".into()).await?;
    client.flush().await?;
    Ok(())
}

async fn consume_from_nats(address: &str) -> Anything {
    let client = async_nats::connect(address).await?;
    let mut messages = client.subscribe(QUEUE).await?;
    client.flush().await?;
    println!("> ready");
    let message = messages.next().await.ok_or("the subscription ended")?;
    let headers = message.headers.unwrap_or_default();
    let pairs = headers.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
    let remote = propagation::extract(&pairs.collect::<Vec<_>>());
    process(&message.payload).in_context(remote).await;
    Ok(())
}

async fn channel(address: &str) -> Result<(Connection, Channel), lapin::Error> {
    let connection = Connection::connect(address, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.queue_declare(QUEUE.into(), QueueDeclareOptions::default(), FieldTable::default()).await?;
    Ok((connection, channel))
}

#[instrument(kind = producer, err)]
async fn publish_to_rabbitmq(address: &str) -> Anything {
    let (_connection, channel) = channel(address).await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let mut headers = FieldTable::default();
    propagation::inject(&mut setter(|name: &str, value: String| {
        headers.insert(capitalised(name).into(), AMQPValue::LongString(value.into()));
    }));
    let properties = BasicProperties::default().with_headers(headers);
    let options = BasicPublishOptions::default();
    channel.basic_publish("".into(), QUEUE.into(), options, b"an order", properties).await?.await?;
    Ok(())
}

async fn consume_from_rabbitmq(address: &str) -> Anything {
    let (_connection, channel) = channel(address).await?;
    let options = BasicConsumeOptions::default();
    let mut messages =
        channel.basic_consume(QUEUE.into(), "test".into(), options, FieldTable::default()).await?;
    println!("> ready");
    let message = messages.next().await.ok_or("the consumer was cancelled")??;
    let headers = message.properties.headers().clone().unwrap_or_default();
    let pairs = headers
        .inner()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.as_long_string()?.to_string())));
    let remote = propagation::extract(&pairs.collect::<Vec<_>>());
    process(&message.data).in_context(remote).await;
    message.ack(BasicAckOptions::default()).await?;
    Ok(())
}
