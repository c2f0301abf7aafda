# plimsoll_embed(TARGET SYMBOL FILE): the file's bytes as `extern const std::string_view SYMBOL` in namespace
# plimsoll::embedded, made while building.
set(PLIMSOLL_EMBED_DIR ${CMAKE_CURRENT_LIST_DIR})
function(plimsoll_embed target symbol file)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded_${symbol}.cc)
  add_custom_command(
    OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${file} -DOUTPUT=${source} -DSYMBOL=${symbol} -P
            ${PLIMSOLL_EMBED_DIR}/embed.cmake
    DEPENDS ${file} ${PLIMSOLL_EMBED_DIR}/embed.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${source})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # A whole file is longer than the literals that every compiler must take; ours take it.
    set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
  endif()
endfunction()
