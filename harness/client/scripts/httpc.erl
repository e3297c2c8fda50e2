%% Fetches $TLSFAULT_URL with Erlang's httpc and ssl.
Env = fun (Name) -> os:getenv("TLSFAULT_" ++ Name, "") end,
Host = Env("HOST"),
Timeout = round(1000 * list_to_float(Env("TIMEOUT"))),
{ok, Addr} = inet:parse_address(Env("ADDR")),
Verify = case lists:member("insecure", init:get_plain_arguments()) of
    true -> [{verify, verify_none}];
    false -> [{verify, verify_peer}, {cacertfile, Env("CA_FILE")},
        {customize_hostname_check, [{match_fun, public_key:pkix_verify_hostname_match_fun(https)}]}]
end,
Pair = case Env("CERT_FILE") of "" -> []; File -> [{certfile, File}, {keyfile, Env("KEY_FILE")}] end,
%% The one thing that differs from any other program: where the name leads.
case inet:parse_address(Host) of
    {ok, _} -> ok;
    _ ->
        inet_db:add_host(Addr, [Host]),
        inet_db:set_lookup([file, native])
end,
{ok, _} = application:ensure_all_started(ssl),
{ok, _} = application:ensure_all_started(inets),
logger:set_primary_config(level, none),
case size(Addr) of 8 -> httpc:set_options([{ipfamily, inet6}]); 4 -> ok end,
case httpc:request(get, {Env("URL"), []}, [{timeout, Timeout}, {connect_timeout, Timeout}, {ssl, Verify ++ Pair}], []) of
    {ok, {{_, Status, _}, _, _}} when Status >= 200, Status < 300 -> halt(0);
    {ok, {{_, Status, _}, _, _}} -> io:format(standard_error, "the server answered ~p~n", [Status]), halt(1);
    {error, Reason} -> io:format(standard_error, "~0p~n", [Reason]), halt(1)
end.
