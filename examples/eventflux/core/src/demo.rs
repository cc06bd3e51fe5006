//! What the example runs where no file says otherwise: two nodes, linked over TCP and over gRPC.

use std::net::SocketAddr;

/// What is wanted of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Demo {
    /// How many trades there are; without end where nothing is said.
    pub events: Option<u64>,
    /// How many a second; as fast as they are taken where nothing is said.
    pub rate: Option<u64>,
    /// A query that does not keep up.
    pub stall: bool,
    /// Queries that fail.
    pub trouble: bool,
}

/// The node that takes results, at addresses that the system chooses.
pub const RECEIVER: &str = "
CREATE STREAM StockSummary (symbol TEXT, trades INT, avg_price DOUBLE, high DOUBLE, low DOUBLE)
  FROM tcp(listen = '127.0.0.1:0');
CREATE STREAM MovingAverages (symbol TEXT, moving_average DOUBLE)
  FROM grpc(listen = '127.0.0.1:0');
CREATE SINK Board TO memory;
CREATE SINK Averages TO memory;
CREATE QUERY summary_board AS SELECT * FROM StockSummary INTO Board;
CREATE QUERY average_board AS SELECT * FROM MovingAverages INTO Averages;
";

impl Demo {
    /// The node that makes results, and sends them there.
    #[must_use]
    pub fn sender(&self, tcp: SocketAddr, grpc: SocketAddr) -> String {
        let (events, rate) = (self.events.unwrap_or(0), self.rate.unwrap_or(0));
        let news = events.div_ceil(4);
        let news_rate = rate.div_ceil(4);
        let mut text = format!(
            "
CREATE STREAM StockStream (symbol TEXT, price DOUBLE, volume INT)
  FROM generator(events = {events}, rate = {rate});
CREATE STREAM NewsStream (symbol TEXT, sentiment DOUBLE)
  FROM generator(events = {news}, rate = {news_rate}, seed = 11, spacing_ms = 40, batch = 25);
CREATE STREAM BigTrades (symbol TEXT, value DOUBLE);
CREATE SINK ToBoard TO tcp(connect = '{tcp}');
CREATE SINK ToAverages TO grpc(connect = '{grpc}');
CREATE SINK Matches TO memory;
CREATE SINK Biggest TO memory;

CREATE QUERY stock_aggregation AS
  SELECT symbol, COUNT(*) AS trades, AVG(price) AS avg_price, MAX(price) AS high, MIN(price) AS low
  FROM StockStream WHERE price > 10 AND volume >= 5
  WINDOW TUMBLING 1 SECOND GROUP BY symbol INTO ToBoard;
CREATE QUERY moving_average AS
  SELECT symbol, AVG(price) AS moving_average FROM StockStream
  WINDOW SLIDING 200 EVENTS EVERY 50 EVENTS GROUP BY symbol INTO ToAverages;
CREATE QUERY news_join AS
  SELECT StockStream.symbol, price, sentiment
  FROM StockStream JOIN NewsStream ON StockStream.symbol = NewsStream.symbol WITHIN 20 MILLISECONDS
  WHERE volume > 900 INTO Matches;
CREATE QUERY big_trades AS
  SELECT symbol, price * volume AS value FROM StockStream WHERE volume > 950 INTO BigTrades;
CREATE QUERY biggest_trades AS
  SELECT symbol, MAX(value) AS biggest FROM BigTrades
  WINDOW SLIDING 5 SECONDS EVERY 1 SECOND GROUP BY symbol INTO Biggest;
SELECT COUNT(*) AS total_trades, AVG(price) AS avg_price FROM StockStream EMIT METRICS;
"
        );
        if self.stall {
            text += "
CREATE SINK Stalled TO memory(delay_ms = 1500);
CREATE QUERY stalled AS SELECT * FROM StockStream INTO Stalled;
";
        }
        if self.trouble {
            text += "
CREATE SINK Nobody TO tcp(connect = '127.0.0.1:1', retries = 2);
CREATE QUERY unreachable AS
  SELECT symbol, SUM(volume) AS volume FROM StockStream
  WINDOW TUMBLING 5 SECONDS GROUP BY symbol INTO Nobody;
CREATE QUERY spread AS
  SELECT symbol, price / (volume - volume) AS spread FROM StockStream WHERE volume > 900 INTO Matches;
";
        }
        text
    }
}
