// The built-in functions. Only for the .cc files of this folder.
#pragma once

#include "json/jsonata/evaluator.h"
#include "json/jsonata/fault.h"
#include "json/jsonata/runtime.h"

namespace weft::json::jsonata::builtins {

// text_functions.cc
Made<Var> string(Call& call);
Made<Var> substring(Call& call);
Made<Var> substring_before(Call& call);
Made<Var> substring_after(Call& call);
Made<Var> lowercase(Call& call);
Made<Var> uppercase(Call& call);
Made<Var> length(Call& call);
Made<Var> trim(Call& call);
Made<Var> pad(Call& call);
Made<Var> join(Call& call);

// encoding_functions.cc
Made<Var> base64_encode(Call& call);
Made<Var> base64_decode(Call& call);
Made<Var> encode_url(Call& call);
Made<Var> encode_url_component(Call& call);
Made<Var> decode_url(Call& call);
Made<Var> decode_url_component(Call& call);

// match_functions.cc
Made<Var> contains(Call& call);
Made<Var> match(Call& call);
Made<Var> replace(Call& call);
Made<Var> split(Call& call);

// number_functions.cc
Made<Var> number(Call& call);
Made<Var> abs(Call& call);
Made<Var> floor(Call& call);
Made<Var> ceil(Call& call);
Made<Var> round(Call& call);
Made<Var> sqrt(Call& call);
Made<Var> power(Call& call);
Made<Var> random(Call& call);
Made<Var> format_base(Call& call);
Made<Var> sum(Call& call);
Made<Var> max(Call& call);
Made<Var> min(Call& call);
Made<Var> average(Call& call);

// picture_functions.cc
Made<Var> format_number(Call& call);
Made<Var> format_integer(Call& call);
Made<Var> parse_integer(Call& call);
Made<Var> from_millis(Call& call);
Made<Var> to_millis(Call& call);
Made<Var> now(Call& call);
Made<Var> millis(Call& call);

// array_functions.cc
Made<Var> count(Call& call);
Made<Var> append(Call& call);
Made<Var> reverse(Call& call);
Made<Var> shuffle(Call& call);
Made<Var> distinct(Call& call);
Made<Var> sort(Call& call);
Made<Var> zip(Call& call);

// higher_order_functions.cc
Made<Var> map(Call& call);
Made<Var> filter(Call& call);
Made<Var> single(Call& call);
Made<Var> reduce(Call& call);
Made<Var> sift(Call& call);
Made<Var> each(Call& call);

// object_functions.cc
Made<Var> keys(Call& call);
Made<Var> lookup(Call& call);
Made<Var> spread(Call& call);
Made<Var> merge(Call& call);
Made<Var> boolean(Call& call);
Made<Var> logical_not(Call& call);
Made<Var> exists(Call& call);
Made<Var> type(Call& call);
Made<Var> error(Call& call);
Made<Var> assert_true(Call& call);
Made<Var> eval(Call& call);
Made<Var> clone(Call& call);

// workflow_functions.cc
Made<Var> partition(Call& call);
Made<Var> range(Call& call);
Made<Var> hash(Call& call);
Made<Var> seeded_random(Call& call);
Made<Var> uuid(Call& call);
Made<Var> parse(Call& call);

}  // namespace weft::json::jsonata::builtins
