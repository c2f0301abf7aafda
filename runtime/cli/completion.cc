// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/completion.h"

#include <string_view>

#include "runtime/base/text.h"
#include "runtime/cli/command_table.h"

namespace plimsoll::cli {
namespace {

void append_options(std::string& out, const Command& command) {
  for (const Option& option : command.options) {
    if (!option.hidden) {
      cat_to(out, "--", option.name, " ");
    }
  }
  out += "--help";
}

// The global options that take an argument, as a pattern: their argument is no command.
std::string options_with_argument() {
  std::string pattern;
  for (const Option& option : global_options().options) {
    if (option.kind != ArgumentKind::none) {
      cat_to(pattern, pattern.empty() ? "" : "|", "--", option.name, "|-", option.name);
    }
  }
  return pattern;
}

bool takes_id(const Command& command) {
  return std::string_view(command.operands).find("container-id") != std::string_view::npos;
}

}  // namespace

std::string bash_completion() {
  std::string names;
  std::string cases;
  std::string ids;
  for (const Command& command : commands()) {
    cat_to(names, names.empty() ? "" : " ", command.name);
    cat_to(cases, "    ", command.name, ") options='");
    append_options(cases, command);
    cases += "' ;;\n";
    if (takes_id(command)) {
      cat_to(ids, ids.empty() ? "" : "|", command.name);
    }
  }
  std::string globals;
  append_options(globals, global_options());
  return cat(R"(# bash completion for plimsoll; made by 'plimsoll completion'
_plimsoll() {
  local word=${COMP_WORDS[COMP_CWORD]} command='' options='' i
  local -a global=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
    )",
             options_with_argument(), R"()
      global+=("${COMP_WORDS[i]}" "${COMP_WORDS[i + 1]}")
      ((i++)) ;;
    -*) ;;
    *)
      command=${COMP_WORDS[i]}
      break ;;
    esac
  done
  case $command in
    '') options=')",
             globals, " ", names, R"(' ;;
    help) options=')",
             names, R"(' ;;
)",
             cases, R"(  esac
  case $command in
  )",
             ids, R"()
    [[ $word == -* ]] || options=$("${COMP_WORDS[0]}" "${global[@]}" list -q 2>/dev/null) ;;
  esac
  if [[ ${COMP_WORDS[COMP_CWORD - 1]} == --@(bundle|root|image-path|work-path) ]]; then
    mapfile -t COMPREPLY < <(compgen -d -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
  fi
}
complete -o default -F _plimsoll plimsoll
)");
}

}  // namespace plimsoll::cli
