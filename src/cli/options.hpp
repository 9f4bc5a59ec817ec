// What a command line may say, all commands together: each command declares the options it takes, the rest keep their
// defaults.
#pragma once

#include <string>
#include <vector>

namespace pgbaton::cli {

struct Options {
  // every command
  bool json = false;
  bool help = false;
  std::string data;  // folder of the `up` that is meant; empty: found

  // what the command is about
  std::string name;                   // of a database
  std::string operation;              // an id
  std::string engine;                 // 17, 17.12 or 17.12-deb13u1
  std::vector<std::string> versions;  // several of them
  std::vector<std::string> topic;     // words after `help`

  // databases and upgrades
  std::string plan;
  std::string version;
  std::string locale_provider;
  std::string locale_name;
  std::string replication;
  std::string to;
  std::string confirm;
  bool wait = false;
  bool yes = false;
  bool only_plan = false;  // --plan of upgrade and revert, --dry-run of resize
  bool direct = false;
  bool follow = false;
  std::string max_stall;  // 5s, 500ms
  bool end_sessions = false;
  std::string digest;      // sample or whole
  std::string transfer;    // link, clone or copy; empty: the server chooses
  std::string park_after;  // 10min, off
  std::string at;          // now, window, never or a time
  std::string window;      // "sun 03:00 2h Europe/Berlin" or none
  std::string auto_minor;  // on or off
  std::string allow;       // 10.0.0.0/8,192.168.1.7 or all

  // preflights
  std::string check;  // the id of one
  bool checks = false;
  bool last = false;

  // backups
  bool full = false;
  bool incremental = false;
  bool verify = false;
  std::string as;  // the new database's name; empty: in place

  // looking at databases
  std::string node;
  std::string since;
  std::string lines;
  std::string level;
  std::string grep;
  std::string pid;  // of the backend whose statement is cancelled

  // rehearsals
  std::string manifest;
  std::string test;
  std::string mask;
  std::string statements;
  std::string script_limit = "1h";
  std::string rehearsal;  // required or optional

  // maintenance
  std::string mode;  // on or off
  std::string message;
  std::string grace;  // 30, 30s, 5min

  // the witness
  std::string url;
  std::string connections = "8";
  std::string duration;  // seconds; empty: no limit
  std::string out;
  std::string until;
  std::string rows_per_second = "0";
  bool keep = false;

  // who is told
  bool steps = false;
  std::string smtp;
  std::string smtp_user;
  std::string from;

  // people
  std::string role;
  bool generate = false;

  // engines
  bool short_level = false;
  bool make_default = false;

  // this machine
  std::string config;
  bool takeover = false;
  std::string engines;
  std::string listen = "127.0.0.1:8432";
  std::string gateway_listen = "127.0.0.1";
  std::string address = "127.0.0.1";  // of this host, for others
  std::string host_address;
  std::string host_port;
  std::string gateway_ports = "6001-6999";
  std::string user;  // empty: pgbaton
  std::string catalog;
  std::string backups;      // empty: below the data
  std::string backup_keys;  // a file with the keys of an object store
  bool release_by_hand = false;
};

}  // namespace pgbaton::cli
