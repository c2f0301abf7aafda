// What reaches the log file and stderr, byte for byte. SPDX-License-Identifier: Apache-2.0
#include "runtime/base/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

namespace plimsoll::log {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

std::string record(Format format, Level level, std::int64_t seconds, std::string_view text) {
  char out[kMaxRecord];
  return {out, format_record(format, level, seconds, text, out)};
}

std::string line(std::string_view text) {
  char out[kMaxRecord];
  return {out, format_line("", text, out)};
}

TEST(LogFormat, TextRecord) {
  EXPECT_EQ(record(Format::text, Level::warning, 0, "a \"b\" \\ \n"),
            "time=\"1970-01-01T00:00:00Z\" level=warning msg=\"a \\\"b\\\" \\\\ \\n\"\n");
}

TEST(LogFormat, JsonRecord) {
  EXPECT_EQ(record(Format::json, Level::error, 951782399, "a\"\\\n\x01"),
            "{\"level\":\"error\",\"msg\":\"a\\\"\\\\\\n\\u0001\","
            "\"time\":\"2000-02-28T23:59:59Z\"}\n");
}

TEST(LogFormat, Dates) {
  const struct {
    std::int64_t seconds;
    const char* date;
  } rows[] = {
      {951782400, "2000-02-29T00:00:00Z"},  {951868800, "2000-03-01T00:00:00Z"},
      {1709251199, "2024-02-29T23:59:59Z"}, {1735689599, "2024-12-31T23:59:59Z"},
      {1735689600, "2025-01-01T00:00:00Z"}, {4107542400, "2100-03-01T00:00:00Z"},
      {-1, "1970-01-01T00:00:00Z"},
  };
  for (const auto& row : rows) {
    EXPECT_THAT(record(Format::text, Level::debug, row.seconds, ""), HasSubstr(row.date));
  }
}

TEST(LogFormat, HostileBytesCannotReachATerminal) {
  EXPECT_EQ(line("a\x1b[2Jb"), "a\\x1b[2Jb\n");
  EXPECT_EQ(line("a\nb\rc\x7f"), "a b\\x0dc\\x7f\n");
  EXPECT_EQ(line("c1 \xc2\x9b"), "c1 \\x9b\n");
  EXPECT_EQ(line(std::string_view("nul\0", 4)), "nul\\x00\n");
  EXPECT_EQ(line("caf\xc3\xa9"), "caf\xc3\xa9\n");
}

TEST(LogFormat, BrokenUtf8IsReplaced) {
  for (const std::string_view text : {"\xff", "\xc0", "\xc3", "\xed", "\xf5", "\x80"}) {
    EXPECT_EQ(line(text), "\xef\xbf\xbd\n") << text;
  }
  // an overlong '/', a surrogate, and a character above U+10FFFF
  EXPECT_EQ(line("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd\n");
  EXPECT_EQ(line("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\n");
  EXPECT_THAT(record(Format::json, Level::error, 0, "\xf4\x90\x80\x80"), Not(HasSubstr("\xf4")));
}

TEST(LogFormat, LongTextIsCutAndTheRecordStaysWhole) {
  for (std::size_t size = kMaxRecord - 200; size < kMaxRecord + 10; ++size) {
    for (const char* fill : {"x", "\"", "\x01"}) {
      std::string text;
      while (text.size() < size) {
        text += fill;
      }
      const std::string json = record(Format::json, Level::error, 0, text);
      EXPECT_LE(json.size(), kMaxRecord);
      EXPECT_TRUE(json.ends_with("\",\"time\":\"1970-01-01T00:00:00Z\"}\n")) << size << fill;
      const std::string plain = record(Format::text, Level::error, 0, text);
      EXPECT_LE(plain.size(), kMaxRecord);
      EXPECT_TRUE(plain.ends_with("\"\n"));
      EXPECT_LE(line(text).size(), kMaxRecord);
    }
  }
  EXPECT_THAT(record(Format::json, Level::error, 0, std::string(20000, 'x')),
              HasSubstr(" [cut]\""));
}

// Redirects stderr and the log file to memory for the life of the object.
class LogSink : public testing::Test {
 protected:
  LogSink() : stderr_(::memfd_create("stderr", MFD_CLOEXEC)), saved_(::dup(STDERR_FILENO)) {
    EXPECT_GE(::dup2(stderr_, STDERR_FILENO), 0);
  }
  ~LogSink() override {
    set_up({});
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
    ::close(stderr_);
    if (file_ >= 0) {
      ::close(file_);
    }
  }
  UniqueFd file() {
    file_ = ::memfd_create("log", MFD_CLOEXEC);
    return UniqueFd(::fcntl(file_, F_DUPFD_CLOEXEC, 3));
  }
  static std::string content(int fd) {
    std::string text(65536, '\0');
    const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
  }
  std::string on_stderr() const { return content(stderr_); }
  std::string in_file() const { return content(file_); }

 private:
  int stderr_;
  int saved_;
  int file_ = -1;
};

TEST_F(LogSink, JsonFileHoldsExactlyOneObjectAfterAFailure) {
  set_up({.file = file(), .format = Format::json});
  warning("ignoring one");
  debug("not asked for");
  failed("container does not exist");
  EXPECT_THAT(in_file(), MatchesRegex("\\{\"level\":\"error\",\"msg\":\"container does not exist\","
                                      "\"time\":\"[-0-9]+T[:0-9]+Z\"\\}\n"));
  EXPECT_EQ(on_stderr(), "container does not exist\n");
}

TEST_F(LogSink, JsonFileKeepsWarningsOfASuccess) {
  set_up({.file = file(), .format = Format::json});
  warning("ignoring one");
  EXPECT_EQ(in_file(), "");
  warning("ignoring two");
  succeeded();
  succeeded();
  EXPECT_THAT(in_file(), MatchesRegex("[^\n]*\"warning\",\"msg\":\"ignoring one\"[^\n]*\n"
                                      "[^\n]*\"warning\",\"msg\":\"ignoring two\"[^\n]*\n"));
  EXPECT_EQ(on_stderr(), "");
}

TEST_F(LogSink, ManyWaitingWarningsAreBounded) {
  set_up({.file = file(), .format = Format::json});
  for (int i = 0; i < 1000; ++i) {
    warning("ignoring something of about fifty bytes, many times");
  }
  succeeded();
  EXPECT_TRUE(in_file().ends_with("}\n"));
  EXPECT_LE(in_file().size(), 4096U);
}

TEST_F(LogSink, DebugWritesEverythingInOrder) {
  set_up({.file = file(), .format = Format::json, .debug = true});
  debug("first");
  warning("second");
  failed("third");
  EXPECT_THAT(in_file(),
              MatchesRegex("[^\n]*first[^\n]*\n[^\n]*second[^\n]*\n[^\n]*third[^\n]*\n"));
  EXPECT_EQ(on_stderr(), "third\n");
}

TEST_F(LogSink, TextFileGetsWarningsAtOnce) {
  set_up({.file = file()});
  warning("ignoring one");
  EXPECT_THAT(in_file(), HasSubstr("level=warning msg=\"ignoring one\"\n"));
  failed("broken");
  EXPECT_THAT(in_file(), HasSubstr("level=error msg=\"broken\"\n"));
  EXPECT_EQ(on_stderr(), "broken\n");
}

TEST_F(LogSink, WithoutAFilePeopleAreTold) {
  set_up({});
  debug("not asked for");
  warning("ignoring one");
  failed("broken\nin two");
  succeeded();
  EXPECT_EQ(on_stderr(), "plimsoll: warning: ignoring one\nplimsoll: broken in two\n");
}

TEST_F(LogSink, CommandsWhoseOutputIsDataPrintNoWarning) {
  set_up({.output_is_data = true});
  warning("ignoring one");
  succeeded();
  EXPECT_EQ(on_stderr(), "");
}

TEST_F(LogSink, RecordsOnStderrWhenAskedFor) {
  set_up({.format = Format::json});
  failed("broken");
  EXPECT_THAT(on_stderr(), StartsWith("{\"level\":\"error\",\"msg\":\"broken\""));
  set_up({.debug = true});
  debug("step");
  EXPECT_THAT(on_stderr(), HasSubstr(" level=debug msg=\"step\"\n"));
}

}  // namespace
}  // namespace plimsoll::log
