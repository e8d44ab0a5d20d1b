# weft_embed_service_models(TARGET): what the operations of AWS's services answer, from the models that script/setup has
# brought, as part of TARGET.
function(weft_embed_service_models target)
  set(wheel ${CMAKE_SOURCE_DIR}/build/botocore.whl)
  if(NOT EXISTS ${wheel})
    message(FATAL_ERROR "The models of AWS's services are missing: run script/setup build")
  endif()
  set(script ${CMAKE_SOURCE_DIR}/cmake/service_models.py)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/service_models)
  find_program(python /usr/bin/python3 REQUIRED)
  add_custom_command(
    OUTPUT ${out}.txt
    COMMAND ${python} ${script} ${wheel} ${out}.txt
    DEPENDS ${script} ${wheel}
    COMMENT "Reading the models of AWS's services" VERBATIM)
  file(CONFIGURE OUTPUT ${out}.S @ONLY CONTENT "// Written by cmake/models.cmake.
.section .rodata.weft_service_models,\"a\",@progbits
.global weft_service_models, weft_service_models_end
weft_service_models:
.incbin \"@out@.txt\"
weft_service_models_end:
.section .note.GNU-stack,\"\",@progbits
")
  set_source_files_properties(${out}.S PROPERTIES OBJECT_DEPENDS ${out}.txt)
  target_sources(${target} PRIVATE ${out}.S)
endfunction()
