# xnorc in CMake: find_package(xnorc REQUIRED), then
#
#   xnorc_add_model(<target> MODEL <file.onnx> [NAME <name>] [OPTIONS <option>...])
#
# makes a static library <target> of the C that `xnorc compile --target c` generates from the model while building, and
# again whenever the model, a file that it names or xnorc itself has changed. Its header is NAME.h, on the include path
# of whatever links <target>. NAME is <target> by default. OPTIONS are those of `xnorc compile`; paths among them start
# at the current source folder. With OPTIONS --constants file, the target's property XNORC_CONSTANTS is the path of NAME.bin.
# The C compiler may be any, of a toolchain file too: xnorc itself runs on the machine that builds.

if(CMAKE_VERSION VERSION_LESS 3.20)
  set(xnorc_FOUND FALSE)
  set(xnorc_NOT_FOUND_MESSAGE "xnorc needs CMake 3.20 or newer; this is ${CMAKE_VERSION}")
  return()
endif()

# Programs of the machine that builds, so outside of the root of a cross toolchain.
find_program(XNORC_NODE NAMES node nodejs NO_CMAKE_FIND_ROOT_PATH DOC "Node, which runs xnorc")
if(NOT XNORC_NODE)
  set(xnorc_FOUND FALSE)
  set(xnorc_NOT_FOUND_MESSAGE "xnorc runs on Node 20 or newer: install it, or set XNORC_NODE to its program")
  return()
endif()

set(XNORC_CMAKE "${CMAKE_CURRENT_LIST_DIR}")
get_filename_component(_xnorc_package "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
set(XNORC_SCRIPT "${_xnorc_package}/dist/cli/index.js")
# A new version has a new package.json: what an older one generated is made again.
set(XNORC_STAMP "${_xnorc_package}/package.json")
unset(_xnorc_package)

function(xnorc_add_model target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "MODEL;NAME" "OPTIONS")
  if(NOT DEFINED arg_MODEL)
    message(FATAL_ERROR "xnorc_add_model(${target}): MODEL is missing")
  endif()
  if(DEFINED arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "xnorc_add_model(${target}): unknown words ${arg_UNPARSED_ARGUMENTS}; options of xnorc follow OPTIONS")
  endif()
  if(NOT DEFINED arg_NAME)
    set(arg_NAME "${target}")
  endif()
  execute_process(
    COMMAND "${XNORC_NODE}" "${XNORC_CMAKE}/legal-name.js" "${arg_NAME}"
    OUTPUT_VARIABLE name
    ERROR_VARIABLE reason
    RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "xnorc_add_model(${target}): '${XNORC_NODE}' does not run xnorc: ${reason}")
  endif()
  get_filename_component(model "${arg_MODEL}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
  if(NOT EXISTS "${model}")
    get_source_file_property(is_made "${model}" GENERATED)
    if(NOT is_made)
      message(FATAL_ERROR "xnorc_add_model(${target}): there is no model '${model}'")
    endif()
  endif()

  set(options "")
  set(before "")
  set(has_constants FALSE)
  foreach(option IN LISTS arg_OPTIONS)
    if(option MATCHES "^--(target|out|name|depfile|json|watch)(=|$)")
      message(FATAL_ERROR "xnorc_add_model(${target}): --${CMAKE_MATCH_1} is decided by CMake; leave it out of OPTIONS")
    endif()
    if("${before} ${option}" MATCHES "(^| )--constants[= ]file$")
      set(has_constants TRUE)
    endif()
    if(before MATCHES "^--(labels|dump-ir)$")
      get_filename_component(option "${option}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
    endif()
    list(APPEND options "${option}")
    set(before "${option}")
  endforeach()

  # A folder of its own, so that the include path holds nothing else.
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/xnorc/${target}")
  set(files "${folder}/${name}.c" "${folder}/${name}.h")
  if(has_constants)
    list(APPEND files "${folder}/${name}.bin")
  endif()
  add_custom_command(
    OUTPUT ${files}
    COMMAND "${XNORC_NODE}" "${XNORC_SCRIPT}" compile "${model}" --target c --name "${name}" --out "${folder}"
            --depfile "${folder}/${name}.d" ${options}
    DEPENDS "${model}" "${XNORC_STAMP}"
    DEPFILE "${folder}/${name}.d"
    COMMENT "Compiling ${arg_MODEL} with xnorc"
    VERBATIM)

  add_library(${target} STATIC ${files})
  if(NOT CMAKE_C_COMPILER_LOADED)
    # The generated file is also C++.
    set_source_files_properties("${folder}/${name}.c" PROPERTIES LANGUAGE CXX)
  endif()
  if(NOT CMAKE_SYSTEM_NAME STREQUAL Generic)
    # A shared library may link it; without an operating system there is none.
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  endif()
  target_include_directories(${target} PUBLIC "${folder}")
  if(has_constants)
    set_target_properties(${target} PROPERTIES XNORC_CONSTANTS "${folder}/${name}.bin")
  endif()
  if(NOT MSVC)
    # Without a build type CMake would not optimise at all, and a network is many times slower then.
    target_compile_options(${target} PRIVATE $<$<STREQUAL:$<CONFIG>,>:-O3>)
    target_link_libraries(${target} PUBLIC m)
  endif()
endfunction()
