# weft workflow validate: what is wrong with a definition, and where.
$ cat > order.asl.json <<'END'
> {"StartAt": "Take", "States": {"Take": {"Type": "Pass", "End": true}}}
> END
$ weft workflow validate order.asl.json
order.asl.json: valid
$ weft workflow validate - < order.asl.json
-: valid
$ cat > wrong.asl.json <<'END'
> {
>   "StartAt": "Take",
>   "States": {
>     "Take": {"Type": "Pass", "Seconds": 1, "Parameters": {"a": "$.b"}, "Next": "Send"}
>   }
> }
> END
$ weft workflow validate wrong.asl.json
wrong.asl.json:4:30: error: Field 'Seconds' is not supported at /States/Take (SCHEMA_VALIDATION_FAILED)
  4 |     "Take": {"Type": "Pass", "Seconds": 1, "Parameters": {"a": "$.b"}, "Next": "Send"}
                                   ^
weft: wrong.asl.json is no valid workflow: 1 error
? 2
$ sed -i 's/"Seconds": 1, //' wrong.asl.json; weft workflow validate --warnings wrong.asl.json
...
wrong.asl.json: error: Workflow has no terminal state (MISSING_END_STATE)
weft: wrong.asl.json is no valid workflow: 2 errors
? 2
$ weft workflow validate --json wrong.asl.json 2> /dev/null
{"result":"FAIL","diagnostics":[{"severity":"ERROR","code":"MISSING_TRANSITION_TARGET","message":"Missing 'Next' target: Send","location":"/States/Take/Next","line":4,"column":66,"offset":102},{"severity":"ERROR","code":"MISSING_END_STATE","message":"Workflow has no terminal state"}],"truncated":false}
? 2
$ printf '{"StartAt": "A"' > cut.json; weft workflow validate cut.json
cut.json:1:16: error: invalid JSON: [..] (INVALID_JSON_DESCRIPTION)
...
? 2
$ printf '{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:eu-west-1:1:activity:a", "End": true}}}' > activity.json
$ weft workflow validate activity.json
activity.json: valid
$ weft workflow validate --express activity.json
...
weft: activity.json is no valid workflow: 1 error
? 2
$ weft workflow validate none.json
weft: there is no file none.json
? 3
$ weft workflow start order
weft: there is no `weft workflow start`; `weft help workflow` says what there is
? 2
# Placeholders of CloudFormation are filled in; what is wrong is shown as the file has it.
$ echo '{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": ${Seconds}, "End": true}}}' > wait.json
$ weft workflow validate wait.json
wait.json:1:62: error: the placeholder ${Seconds} has no value: give `--substitute Seconds=VALUE` (INVALID_JSON_DESCRIPTION)
  1 | {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": ${Seconds}, "End": true}}}
                                                                   ^
weft: wait.json is no valid workflow: 1 error
? 2
$ weft workflow validate wait.json --substitute Seconds=10
wait.json: valid
$ weft workflow validate wait.json --substitute Seconds=10 --substitute Seconds=11
weft: --substitute Seconds=11: Seconds is given twice
? 2
$ weft workflow validate wait.json --substitute 'Seconds=10, "Secs": 1'
wait.json:1:62: error: Field 'Secs' is not supported at /States/A (SCHEMA_VALIDATION_FAILED)
  1 | {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": ${Seconds}, "End": true}}}
                                                                   ^
weft: wait.json is no valid workflow: 1 error
? 2
$ weft workflow valdate wait.json
weft: there is no `weft workflow valdate`; did you mean `weft workflow validate`?
? 2
$ echo 'StartAt: A' > wait.yaml; weft workflow validate wait.yaml
wait.yaml:1:1: error: invalid JSON: [..]; a definition is JSON here, and YAML is to be converted (INVALID_JSON_DESCRIPTION)
...
weft: wait.yaml is no valid workflow: 1 error
? 2
